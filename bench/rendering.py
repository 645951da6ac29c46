"""Answerfiles written for many hosts at once, as after a change of their profile: the writer alone, and with the linter behind it.

One process, one core; hosts differ in name, address and password, as they do in a rack.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from pxeserve.answerfile.answers import Answers, Disk, Interface, RootPassword, Script, Source, Stage
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.lint import lint
from pxeserve.answerfile.writing import write

_PROFILE = Answers(
    primary_disk=Disk("sda", guest_storage=True),
    guest_disks=("sdb", "sdc"),
    sources=(Source("url", "http://192.0.2.1/media/xcp83"),),
    root_password=RootPassword("$6$rounds=656000$0123456789abcdef$" + "x" * 86, hashed=True),
    nameservers=("192.0.2.1", "192.0.2.2"),
    timezone="Europe/London",
    ntp_servers=("ntp1.example.com", "ntp2.example.com"),
    keymap="us",
)


def hosts(count: int, *, hashed: bool) -> Iterator[Answers]:
    """So many hosts' answers."""
    password = _PROFILE.root_password if hashed else RootPassword("s3cretword")
    for number in range(count):
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        token = f"http://192.0.2.1/s/{number:032x}/post-install"
        yield replace(
            _PROFILE,
            hostname=f"xen{number:05}",
            root_password=password,
            admin_interface=Interface(name="eth0", proto="static", ip=address, mask="255.0.0.0", gateway="10.0.0.1"),
            scripts=(Script(Stage.FILESYSTEM_POPULATED, token),),
        )


def written(dialect: Dialect, count: int) -> float:
    """Seconds of CPU for writing so many hosts' files."""
    begun = time.process_time()
    for answers in hosts(count, hashed=dialect.name not in ("4.1", "5.0", "5.5")):
        write(answers, dialect)
    return time.process_time() - begun


def written_and_linted(dialect: Dialect, count: int) -> float:
    """Seconds of CPU for writing and linting so many hosts' files."""
    begun = time.process_time()
    for answers in hosts(count, hashed=dialect.name not in ("4.1", "5.0", "5.5")):
        lint(write(answers, dialect), dialect)
    return time.process_time() - begun

"""How long all answerfiles of a site take after a change of their profile, in this process, on one core: site, profile and host put on
top of each other, read, completed, written, and linted as their installer reads them. Hosts differ as they do in a rack.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from pxeserve.answerfile.answers import Mode, RootPassword, Script, Source, Stage
from pxeserve.answerfile.declared import read
from pxeserve.answerfile.dialects import DIALECTS
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.inheritance import Layer, Merged, upon
from pxeserve.answerfile.writing import write
from pxeserve.domain.host import Host
from pxeserve.domain.medium import Medium
from pxeserve.operations.preparing.answering import Answering, Asked, completed

HOSTS = 10_000
WRITTEN, ALL = 0.005, 60.0
"""Seconds of CPU: for one host's file to be written, and for all hosts' to be made anew and linted."""

_SITE = {"timezone": "Europe/London", "nameservers": ["192.0.2.1", "192.0.2.2"], "ntp-servers": ["ntp1.example.com", "ntp2.example.com"]}
_PROFILE = {
    "primary-disk": {"device": "sda", "guest-storage": "yes"},
    "guest-disks": ["sdb", "sdc"],
    "keymap": "us",
    "admin-interface": {"name": "eth0", "proto": "static", "subnet": "255.0.0.0", "gateway": "10.0.0.1"},
}
_STAGES = (Stage.INSTALLATION_START, Stage.FILESYSTEM_POPULATED, Stage.INSTALLATION_COMPLETE)
_HASH = RootPassword("$6$rounds=656000$0123456789abcdef$" + "x" * 86, hashed=True)


def wanted(dialect: Dialect, count: int) -> Iterator[Asked]:
    """So many hosts' installations."""
    profile = upon(upon(Merged(), Layer("site", _SITE)), Layer("profile rack", _PROFILE))
    medium = Medium("m", "m", "", dialect.product, "", "", dialect.name, "", None)
    staged = "script" in dialect.elements
    password = _HASH if dialect.elements["root-password"].attribute("type") else RootPassword("s3cretword")
    for number in range(count):
        name = f"xen{number:05}"
        answers = {"hostname": name, "admin-interface": {"ipaddr": f"10.{number >> 16}.{number >> 8 & 255}.{number & 254 | 1}"}}
        merged = upon(profile, Layer(f"host {name}", answers))
        stages = [stage for stage in _STAGES if staged or stage is Stage.FILESYSTEM_POPULATED]
        known = dialect.elements["script"].attribute("stage") if staged else None
        hooks = [Script(stage, f"http://192.0.2.1/s/{number:032x}/hook") for stage in stages if known is None or stage in known.value.words]
        host = Host(number, name, ("52:54:00:77:00:01",), "rack", answers=answers)
        sources = (Source("url", "http://192.0.2.1/media/m"),)
        yield Asked(host, medium, Mode.FRESH, read(merged.values), merged, password, tuple(hooks), sources)


def held(hosts: int) -> bool:
    """Measure, print, and tell whether the limits are held."""
    good = True
    for name in ("4.1", "xcp-8.3"):
        written, everything = measured(DIALECTS[name], hosts)
        fast = written < WRITTEN and everything * HOSTS / hosts < ALL
        good = good and fast
        print(
            f"{'held' if fast else 'MISSED'}: {name}: a host's file is written in {written * 1000:.3f} ms (limit {WRITTEN * 1000:g}), "
            f"{hosts} hosts made anew and linted in {everything:.1f} s of CPU (limit {ALL:g} for {HOSTS})"
        )
    return good


def measured(dialect: Dialect, count: int) -> tuple[float, float]:
    """Seconds of CPU for writing one file, and for all of so many hosts."""
    answers = [completed(asked) for asked in wanted(dialect, min(count, 1000))]
    began = time.process_time()
    for one in answers:
        write(one, dialect)
    written = (time.process_time() - began) / len(answers)
    began = time.process_time()
    with Answering(Path("no templates here")) as answering:
        for asked in wanted(dialect, count):
            answering.answered(asked)
    return written, time.process_time() - began

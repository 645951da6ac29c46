"""Which SYSLINUX a file was built from, and which files make a whole set: mixing builds is the classic failure of PXE.

Works on bytes alone; refuses to know where files lie.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

FIRST = "pxelinux.0"
NEEDED = (FIRST, "mboot.c32")
NEEDED_SINCE_5 = ("ldlinux.c32", "libcom32.c32")
OPTIONAL = ("libutil.c32", "menu.c32", "chain.c32")
FILES = (*NEEDED, *NEEDED_SINCE_5, *OPTIONAL)

_OLDEST = (3, 11)
_BANNER = re.compile(rb"PXELINUX (\d{1,2})\.(\d{2})[ -]")
_SOURCE = re.compile(rb"syslinux-(\d{1,2})\.(\d{2})[~+.\-/\w]*/")
_ELF = b"\x7fELF"
_COM32 = {b"\xb8\xff\x4c\xcd\x21": "COM32", b"\xb8\xfe\x4c\xcd\x21": "COM32R"}


@dataclass(frozen=True, slots=True)
class Build:
    """A whole set's SYSLINUX release."""

    major: int
    minor: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor:02}"


class NotASetError(Exception):
    """These files do not make one whole set; the message says which and why."""


def build_of(files: Mapping[str, bytes]) -> Build:
    """The release that `files` (name to content) are one whole set of.

    Raises NotASetError when one is missing, is not what its name says, or comes from another release than pxelinux.0.
    """
    for name in NEEDED:
        if name not in files:
            raise NotASetError(f"{name} is missing")
    build = _release(files[FIRST])
    if build.major >= 5:
        for name in NEEDED_SINCE_5:
            if name not in files:
                raise NotASetError(f"{name} is missing, and pxelinux.0 {build} does not start without it")
    for name, content in files.items():
        if name != FIRST:
            _same_build(name, content, build)
    return build


def _release(content: bytes) -> Build:
    found = _BANNER.search(content)
    if found is None:
        raise NotASetError(f"{FIRST} carries no PXELINUX version: it is no pxelinux.0")
    build = Build(int(found[1]), int(found[2]))
    if (build.major, build.minor) < _OLDEST:
        raise NotASetError(f"{FIRST} is of SYSLINUX {build}; XenServer needs 3.11 or newer")
    return build


def _same_build(name: str, content: bytes, build: Build) -> None:
    """Releases from 5 on load ELF modules, those before COM32 images; a build path, where a module carries one, must agree."""
    kind = "ELF" if content.startswith(_ELF) else _COM32.get(content[:5])
    if kind is None:
        raise NotASetError(f"{name} is no SYSLINUX module")
    if (kind == "ELF") != (build.major >= 5):
        other = "5 or newer" if kind == "ELF" else "before 5"
        raise NotASetError(f"{name} is of a SYSLINUX {other} ({kind}), but pxelinux.0 is {build}; take both from one and the same build")
    for major, minor in _SOURCE.findall(content):
        if (int(major), int(minor)) != (build.major, build.minor):
            raise NotASetError(f"{name} was built from SYSLINUX {int(major)}.{minor.decode()}, but pxelinux.0 is {build}")

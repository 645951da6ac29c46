"""The names that machines ask for, taken apart. Pure; refuses to know what is behind a name.

`b/SESSION/SET/REST` belongs to one boot with one set of loaders; the same REST without it serves machines that were pointed here by hand.
A menu's name may end in `?serial=...&uuid=...`, with which a loader says what machine it runs on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote
from uuid import UUID

from pxeserve.boot.entry import SAYS
from pxeserve.domain import serial
from pxeserve.domain.client import Firmware, parse_mac
from pxeserve.domain.identity import says_nothing
from pxeserve.handout.quirks import GRUB_CFG, SCRIPT, VENDOR_CFG, mended

__all__ = ["GRUB_CFG", "SAYS", "SCRIPT", "VENDOR_CFG", "Asked", "Said", "Syntax", "What", "firmware_of", "read"]

_BOOT = re.compile(r"b/([a-z0-9]{1,64})/([A-Za-z0-9][A-Za-z0-9._-]{0,80})/(.+)", re.ASCII | re.DOTALL)
_INSTALL = re.compile(r"i/([A-Za-z0-9_-]{1,64})/([mf]/.+)", re.ASCII | re.DOTALL)
_MAC = r"((?:[0-9a-fA-F]{2}[-:]){5}[0-9a-fA-F]{2})"
_MENUS: tuple[tuple[str, str], ...] = (
    (r"pxelinux\.cfg/01-" + _MAC, "pxelinux"),
    (r"grub/" + _MAC + r"\.cfg", "grub"),
    (r"ipxe/" + _MAC + r"\.(?:pcbios|efi)", "ipxe"),
)
_BY_MAC = tuple((re.compile(pattern, re.ASCII), syntax) for pattern, syntax in _MENUS)


_SAYS = re.compile(r"(?P<name>[^?]+)" + re.escape(SAYS) + r"(?P<serial>[^?&]*)(?:&uuid=(?P<uuid>[0-9A-Fa-f-]*))?", re.ASCII | re.DOTALL)


class Syntax(StrEnum):
    """Which loader reads a menu."""

    PXELINUX = "pxelinux"
    GRUB = "grub"
    IPXE = "ipxe"


class What(StrEnum):
    """What a name stands for."""

    MENU = "menu"              # of the machine that the name, the session or the address tells
    NO_MENU = "no-menu"        # a name that pxelinux tries and that is never there
    LAST_MENU = "last-menu"    # pxelinux.cfg/default, which ends its search
    ANYBODY = "anybody"        # boot.ipxe without a session: asks again by MAC
    PAYLOAD = "payload"        # a file of a medium or of `files/`
    LOADER = "loader"          # a file of a set of loaders, or else of the TFTP root


@dataclass(frozen=True, slots=True)
class Said:
    """What a loader was asked for and said of its machine: each None where it said none, or one that says nothing. Anybody can write it."""

    serial: str | None = None
    uuid: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A name taken apart. `session` and `set_name` are as they stand in it and not yet believed; `mac` is set when the name tells one;
    `install` is set for the file that uses up that install; `expanded` asks for a file's content without its gzip; `said` is None as
    long as the loader was not asked what machine it runs on."""

    what: What
    name: str
    session: str | None = None
    set_name: str | None = None
    syntax: Syntax | None = None
    mac: str | None = None
    install: str | None = None
    expanded: bool = False
    said: Said | None = None


_PXELINUX = "pxelinux.cfg/"


@lru_cache(maxsize=1024)
def read(path: str) -> Asked:
    """What `path` asks for, its misspellings put right. Total."""
    if (said := _SAYS.fullmatch(path)) and (asked := read(said["name"])).what is What.MENU:
        return replace(asked, said=_said(said["serial"], said["uuid"] or ""))
    name = mended(path)
    session = set_name = None
    if found := _BOOT.fullmatch(name):
        session, set_name, name = found[1], found[2], found[3]
    for pattern, syntax in _BY_MAC:
        if by_mac := pattern.fullmatch(name):
            try:
                return Asked(What.MENU, name, session, set_name, Syntax(syntax), parse_mac(by_mac[1].replace("-", ":")))
            except ValueError:
                return Asked(What.NO_MENU, name, session, set_name)
    if name.startswith(_PXELINUX):
        last = name == f"{_PXELINUX}default"
        return Asked(What.LAST_MENU if last else What.NO_MENU, name, session, set_name, Syntax.PXELINUX)
    if name == SCRIPT:
        return Asked(What.MENU if session else What.ANYBODY, name, session, set_name, Syntax.IPXE)
    if name == VENDOR_CFG or (name == GRUB_CFG and session):
        return Asked(What.MENU, name, session, set_name, Syntax.GRUB)
    return _file(name, session, set_name)


def _said(words: str, uuid: str) -> Said:
    """iPXE escapes a serial number as an address has it; GRUB says only such as need no escaping."""
    try:
        machine = str(UUID(uuid))
    except ValueError:
        machine = ""
    return Said(serial.said(unquote(words)), machine if machine and not says_nothing(machine) else None)


def _file(name: str, session: str | None, set_name: str | None) -> Asked:
    expanded = name.startswith("x/")
    rest = name[2:] if expanded else name
    if found := _INSTALL.fullmatch(rest):
        return Asked(What.PAYLOAD, found[2], session, set_name, install=found[1], expanded=expanded)
    if rest.startswith(("m/", "f/")):
        return Asked(What.PAYLOAD, rest, session, set_name, expanded=expanded)
    return Asked(What.LOADER, name, session, set_name)


def firmware_of(syntax: Syntax | None, set_name: str | None) -> Firmware:
    """What runs on the machine that reads such a menu, as far as a decision about its target needs it."""
    if syntax is Syntax.GRUB:
        return Firmware.UEFI_X64
    if syntax is Syntax.IPXE:
        return Firmware.IPXE if set_name in (None, "ipxe") else Firmware.IPXE_UEFI
    return Firmware.BIOS

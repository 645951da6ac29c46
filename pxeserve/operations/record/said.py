"""What a machine last said of itself, from the record: its firmware, its address, who else answered it, and in which way it is told its
boot file. Refuses to know what it should get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pxeserve.dhcp.quirks import make as makes
from pxeserve.dhcp.quirks.make import Make
from pxeserve.domain import serial
from pxeserve.domain.client import Firmware
from pxeserve.store import Store
from pxeserve.store import events as stored
from pxeserve.store.events import EventRow

_ARCH = re.compile(r"\d{1,5}", re.ASCII)
_MENUS = 10
_LOOKED_AT = 60
"""Events of its DHCP that are looked at: several boots."""


@dataclass(frozen=True, slots=True)
class Said:
    """`at` is when firmware last said `firmware` (epoch seconds), `last` when the MAC was heard at all; `server` is the other DHCP server
    that it took `address` from, `relay` the relay it came through; `way` says in which way it is told its boot file when it is another than
    its make's, and why; `serial` is the serial number that its loader last said."""

    firmware: Firmware | None = None
    arch: int | None = None
    uuid: str | None = None
    vendor_class: str = ""
    at: float | None = None
    last: float | None = None
    address: str | None = None
    server: str | None = None
    relay: str | None = None
    quirks: tuple[str, ...] = ()
    way: str | None = None
    serial: str | None = None


def last_said(store: Store, mac: str) -> Said:
    """What the record has of `mac`."""
    with store.events.read() as connection:
        rows = stored.latest(connection, stored.Wanted(mac=mac, kind="dhcp"), _LOOKED_AT)
        menus = stored.menus(connection, mac, _MENUS)
    return replace(gathered(rows[::-1]), serial=_serial(menus))


def _serial(menus: Sequence[EventRow]) -> str | None:
    said = (row.data["serial"] for row in reversed(menus) if row.data and row.data.get("serial"))
    return serial.said(str(next(said, "")))


def gathered(rows: Iterable[EventRow]) -> Said:
    """The newest word on each, from `rows`, the newest first."""
    found: dict[str, Any] = {}
    for row in rows:
        data = row.data or {}
        found.setdefault("last", row.at)
        if row.address:
            found.setdefault("address", row.address)
        for key in ("server", "relay", "uuid"):
            if data.get(key):
                found.setdefault(key, str(data[key]))
        if data.get("giaddr"):
            found.setdefault("relay", str(data["giaddr"]))
        if isinstance(quirks := data.get("quirks"), list | tuple):
            found.setdefault("quirks", tuple(map(str, quirks)))
        if row.kind == "dhcp.quirk" and "way" not in found:
            found["way"] = row.text
        _firmware(row, data, found)
    guessed = found.pop("guessed", None)
    if guessed is not None and "firmware" not in found:
        found["firmware"], found["at"] = guessed
    return Said(**found)


def make_of(found: Said, firmware: Firmware) -> Make:
    """The make of a machine of `firmware`, by its own words where it said that it is one."""
    usual = makes.typical(firmware)
    if found.firmware is not firmware or not found.vendor_class:
        return usual
    ipxe = b"iPXE" if usual.ipxe else None
    archs = None if found.arch is None else found.arch.to_bytes(2)
    return makes.make(found.vendor_class.encode("utf-8", "surrogateescape"), ipxe, archs, None)


def _firmware(row: EventRow, data: Mapping[str, Any], found: dict[str, Any]) -> None:
    """An answer's event says what the machine was taken for; the question's alone leaves its vendor class to go by."""
    vendor = str(data.get("vendor_class", ""))
    arch = str(data.get("arch", ""))
    code = int(arch) & 0xFFFF if _ARCH.fullmatch(arch) else None
    boots = vendor.startswith(("PXEClient", "HTTPClient"))
    if boots:
        found.setdefault("vendor_class", vendor)
        if code is not None:
            found.setdefault("arch", code)
    if boots or (not vendor and code is not None):
        classes = b"iPXE" if data.get("user_class") == "iPXE" else None
        archs = None if boots or code is None else code.to_bytes(2)
        told = makes.make(vendor.encode("utf-8", "surrogateescape"), classes, archs, None)
        if firmware := told.script or told.firmware:
            found.setdefault("guessed", (firmware, row.at))
    if "firmware" not in found and data.get("because") and data.get("firmware") in tuple(Firmware):
        found["firmware"], found["at"] = Firmware(data["firmware"]), row.at

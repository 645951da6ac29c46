"""Which firmware a host booted with when it was last heard, by what it said of itself."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import Connection

from pxeserve.domain.client import ARCHITECTURES, Firmware
from pxeserve.domain.host import Host
from pxeserve.operations.context import Context
from pxeserve.store.events import EventRow, Wanted, latest

_LOOKED_AT = 200
_SCRIPTED = {Firmware.BIOS: Firmware.IPXE, Firmware.UEFI_X64: Firmware.IPXE_UEFI}


@dataclass(frozen=True, slots=True)
class Heard:
    """`firmware`, and in `because` a sentence on where that is known from; `mac` is the card that said it, or the host's first."""

    firmware: Firmware
    because: str
    mac: str


def heard(context: Context, host: Host, mac: str | None = None) -> Heard:
    """What `host` last said by its card `mac`, or by any of its cards; else a BIOS, which is then said to be assumed."""
    with context.store.events.read() as connection:
        own = _last(connection, mac) if mac is not None else None
        if own is not None:
            return own[1]
        said = [found for one in host.macs if (found := _last(connection, one)) is not None]
    if said:
        return max(said, key=lambda one: one[0])[1]
    return Heard(Firmware.BIOS, f"{host.name} has not been heard of yet, so bios is assumed", mac or host.macs[0])


def _last(connection: Connection, mac: str) -> tuple[float, Heard] | None:
    """When `mac` last said what it is (epoch seconds), and what."""
    events = latest(connection, Wanted(mac=mac, kind="dhcp"), _LOOKED_AT)
    for event in reversed(events):
        found = _firmware(event)
        if found is not None:
            found = _SCRIPTED.get(found, found) if _given_a_script(events, event) else found
            return event.at, Heard(found, _when(mac, found, event.at), mac)
    return None


def _firmware(event: EventRow) -> Firmware | None:
    """What the machine said that it is; None for an operating system, which says nothing, and for what nothing can boot."""
    arch = str((event.data or {}).get("arch", ""))
    if event.kind not in ("dhcp.discover", "dhcp.request") or not (arch.isascii() and arch.isdigit()):
        return None
    known = ARCHITECTURES.get(int(arch))
    return known.firmware if known is not None else None


def _given_a_script(events: list[EventRow], asked: EventRow) -> bool:
    """Whether the answers to the machine's last boot named a script, as only iPXE is given one."""
    answers = (one for one in reversed(events) if one.kind in ("dhcp.ack", "dhcp.offer") and one.at >= asked.at - 60)
    newest = next((one for one in answers if (one.data or {}).get("file")), None)
    return newest is not None and str((newest.data or {}).get("file")).endswith(".ipxe")


def _when(mac: str, firmware: Firmware, at: float) -> str:
    return f"{mac} said {firmware} when it was last heard, on {time.strftime('%Y-%m-%d at %H:%M', time.localtime(at))}"

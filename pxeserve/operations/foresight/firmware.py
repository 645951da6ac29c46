"""Which firmware a host booted with when it was last heard, by what it said of itself. Refuses to know how the record is read."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pxeserve.domain.client import Firmware
from pxeserve.domain.host import Host
from pxeserve.operations.context import Context
from pxeserve.operations.record.said import last_said


@dataclass(frozen=True, slots=True)
class Presumed:
    """`firmware`, and in `because` a sentence on where that is known from; `mac` is the card that said it, or the host's first, "" where
    none of its cards is known."""

    firmware: Firmware
    because: str
    mac: str


def presumed(context: Context, host: Host, mac: str | None = None) -> Presumed:
    """What `host` last said by its card `mac`, or by any of its cards; else a BIOS, which is then said to be assumed."""
    own = _last(context, mac) if mac is not None else None
    if own is not None:
        return own[1]
    said = [found for one in host.macs if (found := _last(context, one)) is not None]
    if said:
        return max(said, key=lambda one: one[0])[1]
    return Presumed(Firmware.BIOS, f"{host.name} has not been heard of yet, so bios is assumed", mac or next(iter(host.macs), ""))


def _last(context: Context, mac: str) -> tuple[float, Presumed] | None:
    """When `mac` last said what it is (epoch seconds), and what."""
    found = last_said(context.store, mac)
    if found.firmware is None or found.at is None:
        return None
    return found.at, Presumed(found.firmware, _when(mac, found.firmware, found.at), mac)


def _when(mac: str, firmware: Firmware, at: float) -> str:
    return f"{mac} said {firmware} when it was last heard, on {time.strftime('%Y-%m-%d at %H:%M', time.localtime(at))}"

"""Installs about which a contradiction was heard: the host's MAC, and another machine's UUID in DHCP, or another serial number from inside
the installer. Two machines with one MAC look alike to whoever gives menus and answerfiles; so an arming stops until a person has looked.
What a loader says of itself when it asks for a menu is judged where menus are given, by who asks (`arming`).

Refuses to know protocols: the record's word is enough, and it only ever takes an installation away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address
from typing import Any

from pxeserve.domain import serial as serials
from pxeserve.installs.alarms import sound
from pxeserve.installs.delivery import reporting
from pxeserve.installs.states import Happening
from pxeserve.installs.transition import move
from pxeserve.store import Store, installs, inventory

CONTRADICTION = "uuid-differs"
"""The reason of a decision (`domain.decide`) that says so."""

def contradictions(events: Iterable[tuple[str | None, Mapping[str, Any]]]) -> Iterator[tuple[str, str]]:
    """The install and the sentence of each contradiction among `events`, which are each an install's id and an event's data."""
    for install, data in events:
        reasons = data.get("because")
        if install is None or not isinstance(reasons, list):
            continue
        for reason in reasons:
            if isinstance(reason, Mapping) and reason.get("code") == CONTRADICTION:
                yield install, str(reason.get("text", ""))


def freeze(store: Store, install: str, because: str, now: float) -> bool:
    """Freeze `install` if it is open at epoch second `now`; whether it was. A rehearsal's is left alone: it has no UUID to contradict."""
    with store.site.write() as connection:
        row = installs.by_id(connection, install)
        if row is None or row.rehearsal_mac is not None:
            return False
        return move(connection, row, Happening.STRANGER, now, data={"because": because})


def machine_says(store: Store, token: str, serial: str, address: IPv4Address, now: float) -> None:
    """Take the serial number of the machine that `token` reports from. Another one than the host's is told as an alarm, once for each
    install: its disk may be overwritten already, and nothing here can stop it."""
    said = serials.said(serial)
    if said is None:
        return
    with store.site.write() as connection:
        row = reporting(connection, token, "progress", "", now)
        host = inventory.host_by_id(connection, row.host_id) if row is not None and row.rehearsal_mac is None else None
        if row is None or row.doubt is not None or host is None or not serials.differs(host, said):
            return
        because = f"{address} is being installed as {host.name}, and its serial number is {said}, not {host.serial}: it is another machine"
        if installs.advance(connection, row, {"doubt": because}):
            sound(connection, row, now, address, because)

"""The last events of many hosts, by one query. Refuses to know what they mean."""

from __future__ import annotations

from collections.abc import Iterable

from pxeserve.domain.host import Host
from pxeserve.operations.context import Context
from pxeserve.store import events as record
from pxeserve.store.events import EventRow

EACH = 60
"""Events of each machine: more than one boot has steps, and some packages."""


def tails(context: Context, hosts: Iterable[Host], each: int = EACH) -> dict[str, list[EventRow]]:
    """The last `each` events of each card of `hosts`, the oldest first, by the host's name."""
    owner = {mac: host.name for host in hosts for mac in host.macs}
    found: dict[str, list[EventRow]] = {name: [] for name in owner.values()}
    if owner:
        with context.store.events.read() as connection:
            for event in record.tails(connection, owner, each):
                found[owner[event.mac or ""]].append(event)
    return found

"""The last events of many hosts, by one query. Refuses to know what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pxeserve.domain.host import Host
from pxeserve.operations.context import Context
from pxeserve.store import events as record
from pxeserve.store.events import EventRow

EACH = 60
"""Events of each machine: more than one boot has steps, and some packages."""


def tails(
    context: Context, hosts: Iterable[Host], each: int = EACH, *, since: Mapping[str, float] | None = None
) -> dict[str, list[EventRow]]:
    """The last `each` events of each card of `hosts`, the oldest first, by the host's name; none from before the epoch second that `since`
    has for that name."""
    owner = {mac: host.name for host in hosts for mac in host.macs}
    found: dict[str, list[EventRow]] = {name: [] for name in owner.values()}
    begin = since or {}
    if owner:
        with context.store.events.read() as connection:
            for event in record.tails(connection, {mac: begin.get(name, 0.0) for mac, name in owner.items()}, each):
                found[owner[event.mac or ""]].append(event)
    return found


def by_silence(context: Context, hosts: Sequence[Host]) -> list[Host]:
    """`hosts`, those first whose newest event is the oldest, or that have none."""
    with context.store.events.read() as connection:
        heard = record.last_heard(connection, [mac for host in hosts for mac in host.macs])
    return sorted(hosts, key=lambda host: max((heard.get(mac, 0.0) for mac in host.macs), default=0.0))

"""The record: events as they were written, one after another. The timeline that makes sense of them stands beside it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

from pydantic import Field

from pxeserve.domain.client import parse_mac
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError, RefusedError
from pxeserve.events import traffic
from pxeserve.operations.context import Context
from pxeserve.operations.record import following
from pxeserve.operations.registry import verb
from pxeserve.operations.words.selection import Selection, chosen, selection
from pxeserve.snapshot import SnapshotSource, shared
from pxeserve.store import events as stored

_COUNTED_MINUTES = 60
_POINTS = 144
"""Places of a plot, about."""
_SERIES = (
    (traffic.BOOTS, "machines booting", "count", 1), (traffic.DHCP, "DHCP messages", "count", 1),
    (traffic.TFTP, "TFTP", "bytes", 60), (traffic.HTTP, "HTTP", "bytes", 60), (traffic.FTP, "FTP", "bytes", 60),
)  # fmt: skip
"""What is counted under which name, what it is called, its unit, and how many of them a minute are one of these."""
Limit = Annotated[int, Field(ge=1, le=stored.MOST)]


@verb("events", role=Role.VIEWER)
def events(
    context: Context,
    *,
    host: str | None = None,
    mac: str | None = None,
    kind: str | None = None,
    install: str | None = None,
    rack: str | None = None,
    tag: list[str] | None = None,
    since: int | None = None,
    limit: Limit = 500,
    follow: bool = False,
) -> Iterator[dict[str, Any]]:
    """Events, the oldest first: the last `limit`, or those after the event `since`. With `follow` it goes on until the asker leaves, and
    hosts that come into the rack, or get the tags, meanwhile are told of from then on."""
    if follow and context.recorder is None:
        raise RefusedError("no service is running, so there is nothing to follow", fix="pxeserve serve")
    wanted = dataclasses.replace(wanted_of(context, host, mac, kind, install), since=since)
    which = _those_of(context, wanted, selection(rack=rack, tags=tag)) if rack or tag else lambda: wanted
    return following.events(context, which, limit, follow=follow)


@verb("events.newest", role=Role.VIEWER)
def newest(context: Context) -> int:
    """The id of the newest event, 0 when there is none: where somebody stands who has read all there is."""
    with context.store.events.read() as connection:
        return stored.newest_id(connection)


@verb("counters", role=Role.VIEWER)
def counters(context: Context) -> list[dict[str, Any]]:
    """What was ignored or lost in the last hour, by source and reason."""
    minute = int(time.time()) // 60 - _COUNTED_MINUTES
    with context.store.events.read() as connection:
        rows = stored.counters(connection, minute)
    sums: dict[tuple[str, str], int] = {}
    for _, source, reason, count in rows:
        if source == traffic.SOURCE:
            continue
        sums[(source, reason)] = sums.get((source, reason), 0) + count
    return [{"source": source, "reason": reason, "count": count} for (source, reason), count in sorted(sums.items())]


def wanted_of(
    context: Context, host: str | None, mac: str | None, kind: str | None, install: str | None, rack: str | None = None,
    tag: list[str] | None = None,
) -> stored.Wanted:  # fmt: skip
    """What is asked for, of the hosts that belong to rack and tags now. Raises NotFoundError for a host, rack or tag that is not there."""
    wanted = stored.Wanted(host=_host(context, host), mac=_mac(mac), kind=kind, install=install)
    if not rack and not tag:
        return wanted
    found = chosen(list(shared(context.store).current().hosts.values()), selection(rack=rack, tags=tag))
    return dataclasses.replace(wanted, hosts=frozenset(one.name for one in found))


@verb("traffic", role=Role.VIEWER)
def told_traffic(context: Context, *, minutes: Annotated[int, Field(ge=10, le=7 * 1440)] = 60) -> dict[str, Any]:
    """What was asked of this server in the last `minutes`: machines that were given a menu and DHCP messages, each a minute, and bytes a
    second by protocol. `at` are epoch seconds, the same places for all `series`; `span` is how many seconds each stands for."""
    span = max(minutes // _POINTS, 1)
    last = int(time.time()) // 60 // span
    first = last - minutes // span + 1
    with context.store.events.read() as connection:
        rows = stored.counters(connection, first * span)
    sums: dict[tuple[str, int], int] = {}
    for minute, source, name, count in rows:
        if source == traffic.SOURCE and first <= minute // span <= last:
            sums[name, minute // span] = sums.get((name, minute // span), 0) + count
    places = range(first, last + 1)
    return {
        "at": [place * span * 60 for place in places],
        "span": span * 60,
        "series": [
            {"key": key, "name": name, "unit": unit, "values": [round(sums.get((key, place), 0) / (span * by), 1) for place in places]}
            for key, name, unit, by in _SERIES
        ],
    }


def _those_of(context: Context, wanted: stored.Wanted, whose: Selection) -> following.Which:
    """`wanted`, of the hosts that `whose` means whenever it is asked. Raises NotFoundError when it means none now."""
    snapshots = SnapshotSource(context.store)
    known = [frozenset(host.name for host in chosen(list(snapshots.current().hosts.values()), whose))]

    def now() -> stored.Wanted:
        with suppress(NotFoundError):  # the last of them left: what is told of it still comes
            known[0] = frozenset(host.name for host in chosen(list(snapshots.current().hosts.values()), whose))
        return dataclasses.replace(wanted, hosts=known[0])

    return now


def _host(context: Context, name: str | None) -> str | None:
    if name is None:
        return None
    if name not in shared(context.store).current().hosts:
        raise NotFoundError(f"there is no host {name}", fix="pxeserve host list names them all")
    return name


def _mac(mac: str | None) -> str | None:
    try:
        return parse_mac(mac) if mac is not None else None
    except ValueError as error:
        raise PxeserveError(f"mac: {error}") from None

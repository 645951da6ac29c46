"""The record a page at a time, the newest first. A page costs about the same however much is on record: what cannot be found by an index is
looked for in a bounded part of it, and the page says where to go on."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from pydantic import Field

from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.record.events import wanted_of
from pxeserve.operations.registry import verb
from pxeserve.store import events as stored

Limit = Annotated[int, Field(ge=1, le=500)]
_AT_ONCE = 50_000
"""Events that one page looks at where no index leads to them."""
_SET_BACK = 3600.0
"""Seconds by which a clock that was set may have put events out of their order."""


@verb("event.page", role=Role.VIEWER)
def page(
    context: Context, *, host: str | None = None, mac: str | None = None, kind: str | None = None, install: str | None = None,
    rack: str | None = None, tag: list[str] | None = None, from_time: float | None = None, to_time: float | None = None,
    after: int | None = None, limit: Limit = 100,
) -> dict[str, Any]:  # fmt: skip
    """At most `limit` events, the newest first, that happened from `from_time` to `to_time` (epoch seconds), older than the event `after`.
    `next` is the event to go on after, None at the end; a page may hold fewer than `limit`, or none, and not be the last."""
    wanted = dataclasses.replace(wanted_of(context, host, mac, kind, install, rack, tag), from_time=from_time, to_time=to_time)
    with context.store.events.read() as connection:
        first, last = stored.bounds(connection)
        if from_time is not None:
            first = max(first, stored.first_at(connection, from_time - _SET_BACK))
        until = last + 1 if to_time is None else stored.first_at(connection, to_time + _SET_BACK)
        until = min(until, after) if after is not None else until
        since = first - 1
        if host is None and mac is None and install is None:
            since = max(since, until - 1 - _AT_ONCE)
        rows = stored.latest(connection, dataclasses.replace(wanted, since=since, until=until), limit)[::-1]
    full = len(rows) == limit
    more = rows[-1].id if full else since + 1
    return {"items": [dataclasses.asdict(row) for row in rows], "next": more if more > first else None}

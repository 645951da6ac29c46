"""The record a page at a time, the newest first. A page costs about the same however much is on record: what cannot be found by an index is
looked for in a bounded part of it, and the page says where to go on."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

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
        if host is not None or mac is not None or install is not None:
            since, until = None, after  # an index leads to these alone, and ids beside it would lead elsewhere
        else:
            since, until = _span(connection, wanted, after, first, last)
        rows = stored.latest(connection, dataclasses.replace(wanted, since=since, until=until), limit)[::-1]
    oldest = first if since is None else since + 1
    more = rows[-1].id if len(rows) == limit else oldest
    return {"items": [row.plain() for row in rows], "next": more if more > first else None}


def _span(connection: Connection, wanted: stored.Wanted, after: int | None, first: int, last: int) -> tuple[int, int]:
    """The ids between which one page looks: within the time that is asked for, and no more of them than can be looked at at once."""
    begin = first
    if wanted.from_time is not None:
        begin = max(begin, stored.first_at(connection, wanted.from_time - _SET_BACK))
    until = last + 1 if wanted.to_time is None else stored.first_at(connection, wanted.to_time + _SET_BACK)
    until = min(until, after) if after is not None else until
    return max(begin - 1, until - 1 - _AT_ONCE), until

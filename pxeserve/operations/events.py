"""The record: events as they were written, one after another. The timeline that makes sense of them stands beside it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from pxeserve.domain.client import parse_mac
from pxeserve.errors import NotFoundError, PxeserveError, RefusedError
from pxeserve.operations.context import Context, Progress
from pxeserve.operations.registry import verb
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import events as stored

_POLL = 0.5
_AT_ONCE = 500
_COUNTED_MINUTES = 60
Limit = Annotated[int, Field(ge=1, le=stored.MOST)]


@verb("events")
def events(
    context: Context,
    *,
    host: str | None = None,
    mac: str | None = None,
    kind: str | None = None,
    since: int | None = None,
    limit: Limit = 500,
    follow: bool = False,
) -> Iterator[dict[str, Any]]:
    """Events, the oldest first: the last `limit`, or those after the event `since`. With `follow` it goes on until the asker leaves."""
    if follow and context.recorder is None:
        raise RefusedError("no service is running, so there is nothing to follow", fix="pxeserve serve")
    wanted = stored.Wanted(host=_host(context, host), mac=_mac(mac), kind=kind, since=since)
    return _events(context, wanted, limit, follow=follow)


@verb("counters")
def counters(context: Context) -> list[dict[str, Any]]:
    """What was ignored or lost in the last hour, by source and reason."""
    minute = int(time.time()) // 60 - _COUNTED_MINUTES
    with context.store.events.read() as connection:
        rows = stored.counters(connection, minute)
    sums: dict[tuple[str, str], int] = {}
    for _, source, reason, count in rows:
        sums[(source, reason)] = sums.get((source, reason), 0) + count
    return [{"source": source, "reason": reason, "count": count} for (source, reason), count in sorted(sums.items())]


def _events(context: Context, wanted: stored.Wanted, limit: int, *, follow: bool) -> Iterator[dict[str, Any]]:
    with context.store.events.read() as connection:
        seen = stored.newest_id(connection)
        rows = (stored.latest if wanted.since is None else stored.following)(connection, wanted, limit)
    yield from (dataclasses.asdict(row) for row in rows)
    if wanted.since is not None and len(rows) == limit:
        seen = rows[-1].id  # there may be more than was asked for at once
    beat = 0
    while follow:
        with context.store.events.read() as connection:
            newest = stored.newest_id(connection)
            rows = stored.following(connection, dataclasses.replace(wanted, since=seen), _AT_ONCE) if newest > seen else []
        yield from (dataclasses.asdict(row) for row in rows)
        if rows:
            seen = rows[-1].id
        else:
            seen = max(seen, newest)
            beat += 1
            context.report(Progress(beat % 2, 1, "waiting for events"))  # an asker who has left is noticed by this
            time.sleep(_POLL)


def _host(context: Context, name: str | None) -> str | None:
    if name is None:
        return None
    if name not in SnapshotSource(context.store).current().hosts:
        raise NotFoundError(f"there is no host {name}", fix="pxeserve host list names them all")
    return name


def _mac(mac: str | None) -> str | None:
    try:
        return parse_mac(mac) if mac is not None else None
    except ValueError as error:
        raise PxeserveError(str(error)) from None

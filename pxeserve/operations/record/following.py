"""The record read on as it grows. Whoever follows costs the service a question of a few microseconds twice a second while nothing
happens, and a query only when something was written.

Ids grow in the order in which the one writer commits, so whoever knows the last one that he has seen misses nothing and sees nothing
twice. Refuses to know who asks for what.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

from pxeserve.operations.context import Context, Progress
from pxeserve.store import events as stored

_POLL = 0.5
_AT_ONCE = 500
_SIGN = 4
"""So many polls with nothing to say lie between two signs of life, by which an asker who has left is noticed."""

Which = Callable[[], stored.Wanted]
"""Asked anew each time the record is read, since who belongs to a selection changes."""


def events(context: Context, which: Which, limit: int, *, follow: bool) -> Iterator[dict[str, Any]]:
    """The last `limit` events that `which` wants, or the first so many after its `since`; with `follow` all that come after them."""
    wanted = which()
    with context.store.events.read() as connection:
        seen = stored.newest_id(connection)
        rows = (stored.latest if wanted.since is None else stored.following)(connection, wanted, limit)
    yield from (row.plain() for row in rows)
    if wanted.since is not None and len(rows) == limit:
        seen = rows[-1].id  # there may be more than was asked for at once
    if follow:
        yield from _after(context, which, seen)


def _after(context: Context, which: Which, seen: int) -> Iterator[dict[str, Any]]:
    """All that is wanted after the event `seen`, as it comes, without end."""
    moment: object = None
    idle = 0
    while True:
        now = context.store.events.moment()  # before anything is read: a commit that comes between is seen the next time
        if now != moment:
            rows, seen, whole = _read(context, which(), seen)
            yield from (row.plain() for row in rows)
            if not whole:
                continue
            moment = now
        idle += 1
        if idle % _SIGN == 0:
            context.report(Progress(idle // _SIGN % 2, 1, "waiting for events"))
        time.sleep(_POLL)


def _read(context: Context, wanted: stored.Wanted, seen: int) -> tuple[list[stored.EventRow], int, bool]:
    """What is wanted after `seen`, up to where the record was read, and whether that is its end."""
    with context.store.events.read() as connection:
        newest = stored.newest_id(connection)
        rows = stored.following(connection, dataclasses.replace(wanted, since=seen), _AT_ONCE)
    whole = len(rows) < _AT_ONCE
    return rows, max(seen, newest) if whole else rows[-1].id, whole

"""What the record forgets, and what it does not: old events go, and so does what is too much; but each host's last installation stays,
so that a machine that makes noise does not push out what a quiet one did. Only a file that is too large even so loses them, the oldest
first.

A little at a time, so that the worker goes on writing meanwhile. Refuses to know what events mean.
"""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.config.outlets import RecordConfig
from pxeserve.store import Store, logs, webhooks
from pxeserve.store import events as stored
from pxeserve.store import retention as table

_AT_ONCE = 5_000
_FLOOR = 2_000
"""Events of one host that its last installation keeps: packages are some hundreds, and a loop has no end."""

_BEYOND = 30
"""Events after an installation's last that still belong to it: the first start from disk."""

_ALWAYS = 1_000
"""The newest events, which not even a full file pushes out."""

_PAGES = 2_000
_IDLE = 16 << 20
"""Bytes that may lie idle in the file."""


@dataclass(frozen=True, slots=True)
class Floor:
    """The installation whose events a host keeps, and the ids between which they lie."""

    install: str
    first: int
    last: int


class Retention:
    """One writer's memory of what it has looked at. Every method raises SQLAlchemyError when the disk refuses; ask again then."""

    def __init__(self, store: Store, kept: RecordConfig) -> None:
        self._store = store
        self._kept = kept
        self._floors: dict[str, Floor] = {}
        self._ended: dict[str, Floor | None] = {}
        self._made = False
        self._position = 0
        """Up to here everything was looked at, and is gone or kept by a floor."""

    def begin(self) -> None:
        """Look at whose installations are kept. What is kept no longer is looked at again."""
        if not self._made:
            self._made = True
            with suppress(SQLAlchemyError):  # no room for a second file now; forgetting makes some
                table.made_to_shrink(self._store.events)
        with self._store.site.read() as connection:
            newest = table.newest_installs(connection)
        floors: dict[str, Floor] = {}
        with self._store.events.read() as connection:
            for one in newest:
                floor = self._floor(connection, one)
                if floor is not None:
                    floors[one.host] = floor
        given_up = [old.first for host, old in self._floors.items() if floors.get(host) != old]
        self._position = min([self._position, *(first - 1 for first in given_up)])
        self._floors = floors

    def step(self, now: float) -> bool:
        """Forget a little of what is too old or too much at epoch second `now`; whether there is more to do."""
        before, position = now - self._kept.keep_days * 86_400.0, self._position
        try:
            with self._store.events.write() as connection:
                if self._forget_old(connection, before) or self._forget_much(connection) or self._forget_large(connection):
                    return True
                table.remove_counters(connection, int(before) // 60)
                logs.prune(connection, before=before)
        except BaseException:
            self._position = position  # nothing has gone
            raise
        return self._shrink()

    def _floor(self, connection: Connection, one: table.Newest) -> Floor | None:
        if one.install in self._ended:
            return self._ended[one.install]
        ids = table.span(connection, one.host, one.install, _FLOOR, _BEYOND)
        floor = Floor(one.install, *ids) if ids else None
        if one.ended and one.host in self._floors and self._floors[one.host] == floor:
            self._ended[one.install] = floor  # nothing has been added since the last look, and nothing will be
        return floor

    def _forget_old(self, connection: Connection, before: float) -> bool:
        """By age: of the next events as they were written, so that a clock that was wrong for a while hides nothing that came after."""
        rows = table.oldest(connection, self._position, stored.newest_id(connection), _AT_ONCE)
        gone = [row.id for row in rows if row.at < before and not self._is_kept(row)]
        table.remove(connection, gone)
        old = list(itertools.takewhile(lambda row: row.at < before, rows))
        if old:
            self._position = old[-1].id
        return bool(gone or old)

    def _forget_much(self, connection: Connection) -> bool:
        """By number; what a webhook has not been told yet waits for it, a day at most."""
        edge = stored.newest_id(connection) - self._kept.keep_events
        behind = webhooks.farthest_behind(connection)
        return self._forget_up_to(connection, edge if behind is None else min(edge, behind))

    def _forget_large(self, connection: Connection) -> bool:
        """By size: what no floor keeps, and when that is gone, whatever is oldest."""
        if table.size(connection).used <= self._kept.keep_megabytes * 1_000_000:
            return False
        edge = stored.newest_id(connection) - _ALWAYS
        if self._forget_up_to(connection, edge):
            return True
        rows = table.oldest(connection, 0, edge, _AT_ONCE)
        table.remove(connection, [row.id for row in rows])
        return bool(rows)

    def _forget_up_to(self, connection: Connection, edge: int) -> bool:
        """What no floor keeps of the next events up to the id `edge`; whether there were any to look at."""
        rows = table.oldest(connection, self._position, edge, _AT_ONCE)
        if not rows:
            return False
        table.remove(connection, [row.id for row in rows if not self._is_kept(row)])
        self._position = rows[-1].id
        return True

    def _is_kept(self, row: table.Oldest) -> bool:
        floor = self._floors.get(row.host) if row.host is not None else None
        return floor is not None and floor.first <= row.id <= floor.last

    def _shrink(self) -> bool:
        """Give back what lies idle, when it is much; whether there is more of it."""
        before = self._size()
        if before.free <= max(_IDLE, before.used // 4):
            return False
        table.give_back(self._store.events, _PAGES)
        return self._size().free < before.free

    def _size(self) -> table.Size:
        with self._store.events.read() as connection:
            return table.size(connection)

"""Writes the record down: batches of events and counts in one transaction, and the installs' own events, each exactly once.

Refuses to know where events come from and when it is time to write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from pxeserve.domain.install import InstallState
from pxeserve.events import totals, traffic
from pxeserve.events.attribution import Attribution
from pxeserve.events.datagram import Count, MalformedError, clean
from pxeserve.events.discovering import MOST, forgotten, seen, strangers
from pxeserve.events.record import Event
from pxeserve.events.steady import Steady
from pxeserve.store import Store, discovered, stretches
from pxeserve.store import events as stored
from pxeserve.store import totals as stored_totals

_AT_ONCE = 500
_INSTALL = "install."
_STATES = tuple(f"{_INSTALL}{state}" for state in InstallState)


class Ledger:
    """The worker's hand on `events.db`. Every method raises SQLAlchemyError when the disk refuses, and then nothing has changed."""

    def __init__(self, store: Store, *, steady: Steady | None = None) -> None:
        self._store = store
        self._steady = steady or Steady(store)
        self._attribution = Attribution(store)
        self._known: dict[str, set[tuple[str, ...]]] | None = None

    def look(self) -> None:
        """Look at the clocks; often, so that a jump of the wall clock is noticed before much was stamped by it."""
        self._steady.look()

    def write(self, batch: Sequence[Event | Count]) -> None:
        """Everything in `batch`, and what it adds to the totals, in one transaction."""
        if not batch:
            return
        events = self._attribution.attribute(one for one in batch if isinstance(one, Event))
        rows = [self._row(event) for event in events]
        counts: Counter[tuple[int, str, str]] = Counter()
        for one in batch:
            if isinstance(one, Count):
                counts[(one.minute, one.source, one.reason)] += one.count
        tally = self._tally()
        totals.sum_up(batch, tally.add)
        counts += traffic.grown(tally.increments, _minute(batch))
        with self._store.events.write() as connection:
            stored.add(connection, rows)
            stored.add_counts(connection, counts)
            _discover(connection, events)
            stored_totals.add(connection, tally.increments)
        self._learn(tally)

    def take_over(self) -> int:
        """Take over what transitions of installs left beside them; how many.

        Copied first and removed after, and a copy names its origin: a crash between the two doubles nothing, nor counts it twice.
        """
        with self._store.site.read() as connection:
            waiting = stored.outbox(connection, _AT_ONCE)
        if not waiting:
            return 0
        tally = self._tally()
        rows = [self._taken(row) for row in waiting]
        with self._store.events.write() as connection:
            there = stored.taken_over(connection, [row.id for row in waiting])
            for row, taken in zip(waiting, rows, strict=True):
                if row.id in there:
                    continue
                if row.kind in _STATES and not row.data.get("rehearsal"):
                    _time_state(connection, row, taken["steady"], tally)
                totals.sum_up([Event(row.kind, row.at, data=dict(row.data))], tally.add)
                stored.add(connection, [taken])
            stored_totals.add(connection, tally.increments)
        self._learn(tally)
        with self._store.site.write() as connection:
            stored.forget_outbox(connection, [row.id for row in waiting])
        return len(waiting)

    def forget_hosts(self) -> None:
        """Forget discovered machines that are hosts by now."""
        with self._store.events.write() as connection:
            discovered.forget(connection, self._attribution.hosts_among(one.mac for one in discovered.machines(connection)))

    def _tally(self) -> totals.Tally:
        if self._known is None:
            with self._store.events.read() as connection:
                self._known = stored_totals.known(connection)
        return totals.Tally(self._known)

    def _learn(self, tally: totals.Tally) -> None:
        """What was written is known from now on; what was not, was never there."""
        assert self._known is not None
        for metric, labels in tally.increments:
            self._known.setdefault(metric, set()).add(labels)

    def _taken(self, row: Any) -> dict[str, Any]:
        data = dict(row.data)
        event = {
            "kind": row.kind,
            "at": row.at,
            "text": data.pop("text", ""),
            "host": self._attribution.name(row.host_id),
            "mac": data.get("mac"),
            "address": data.get("address"),
            "install": row.install_id,
            "data": data,
        }
        try:
            return self._row(clean(event)) | {"outbox_id": row.id}
        except MalformedError:  # ours, so a mistake of ours; the transition it tells of is kept all the same
            plain = Event(row.kind, row.at, "its details could not be read", host=event["host"], install=row.install_id)
            return self._row(plain) | {"outbox_id": row.id}

    def _row(self, event: Event) -> dict[str, Any]:
        row = {
            "at": event.at,
            "kind": event.kind,
            "host": event.host,
            "mac": event.mac,
            "address": event.address,
            "install": event.install,
            "session": event.session,
            "text": event.text,
            "data": dict(event.data),
            "outbox_id": None,
            "steady": self._steady.of(event.at),
        }
        return row | stretches.figures(row)


def _minute(batch: Sequence[Event | Count]) -> int:
    """The newest that is told of: epoch seconds // 60."""
    return max(one.minute if isinstance(one, Count) else int(one.at) // 60 for one in batch)


def _discover(connection: Connection, events: Sequence[Event]) -> None:
    """What the batch says of machines that are no hosts."""
    if asking := strangers(events):
        discovered.put(connection, seen(discovered.some(connection, {event.mac or "" for event in asking}), asking), MOST)
    if gone := forgotten(events):
        discovered.forget(connection, gone)


def _time_state(connection: Connection, row: Any, steady: float, tally: totals.Tally) -> None:
    """How long the install was in the state that it leaves with `row`, at that moment by the clock that nobody sets."""
    before = stored.latest_of_install(connection, row.install_id, _STATES)
    if before is not None and before.steady is not None and steady >= before.steady:
        totals.observe(totals.STATE_SECONDS, (before.kind.removeprefix(_INSTALL),), steady - before.steady, tally.add)

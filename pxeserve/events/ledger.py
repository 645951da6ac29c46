"""Writes the record down: batches of events and counts in one transaction, and the installs' own events, each exactly once.

Refuses to know where events come from and when it is time to write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from pxeserve.events.attribution import Attribution
from pxeserve.events.datagram import Count, MalformedError, clean
from pxeserve.events.discovering import MOST, forgotten, seen, strangers
from pxeserve.events.record import Event
from pxeserve.events.steady import Steady
from pxeserve.store import Store, discovered, logs
from pxeserve.store import events as stored

KEEP_EVENTS = 200_000
KEEP_SECONDS = 90 * 86_400.0
"""What is kept: the newest 200,000 events of the last 90 days."""

_AT_ONCE = 500
_PRUNED_AT_ONCE = 5_000


class Ledger:
    """The worker's hand on `events.db`. Every method raises SQLAlchemyError when the disk refuses, and then nothing has changed."""

    def __init__(
        self, store: Store, *, keep_events: int = KEEP_EVENTS, keep_seconds: float = KEEP_SECONDS, steady: Steady | None = None
    ) -> None:
        self._store = store
        self._steady = steady or Steady(store)
        self._attribution = Attribution(store)
        self._keep_events = keep_events
        self._keep_seconds = keep_seconds

    def look(self) -> None:
        """Look at the clocks; often, so that a jump of the wall clock is noticed before much was stamped by it."""
        self._steady.look()

    def write(self, batch: Sequence[Event | Count]) -> None:
        """Everything in `batch`, in one transaction."""
        if not batch:
            return
        events = self._attribution.attribute(one for one in batch if isinstance(one, Event))
        rows = [self._row(event) for event in events]
        counts: Counter[tuple[int, str, str]] = Counter()
        for one in batch:
            if isinstance(one, Count):
                counts[(one.minute, one.source, one.reason)] += one.count
        with self._store.events.write() as connection:
            stored.add(connection, rows)
            stored.add_counts(connection, counts)
            _discover(connection, events)

    def take_over(self) -> int:
        """Take over what transitions of installs left beside them; how many.

        Copied first and removed after, and a copy names its origin: a crash between the two doubles nothing.
        """
        with self._store.site.read() as connection:
            waiting = stored.outbox(connection, _AT_ONCE)
        if not waiting:
            return 0
        rows = [self._taken(row) for row in waiting]
        with self._store.events.write() as connection:
            stored.add(connection, rows)
        with self._store.site.write() as connection:
            stored.forget_outbox(connection, [row.id for row in waiting])
        return len(waiting)

    def prune(self, now: float) -> int:
        """Forget some of what is too old or too much at epoch second `now`, and discovered machines that are hosts by now; how many
        events went. Call it again while some do."""
        with self._store.events.write() as connection:
            discovered.forget(connection, self._attribution.hosts_among(one.mac for one in discovered.machines(connection)))
            logs.prune(connection, before=now - self._keep_seconds)
            return stored.prune(connection, keep=self._keep_events, before=now - self._keep_seconds, most=_PRUNED_AT_ONCE)

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
        return {
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


def _discover(connection: Connection, events: Sequence[Event]) -> None:
    """What the batch says of machines that are no hosts."""
    if asking := strangers(events):
        discovered.put(connection, seen(discovered.some(connection, {event.mac or "" for event in asking}), asking), MOST)
    if gone := forgotten(events):
        discovered.forget(connection, gone)

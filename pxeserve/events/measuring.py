"""How long the stages of installs took, written down when they have ended: events are forgotten, and what is usual should not be.

The worker's, now and then; it reads the record as a person would. Refuses to know what is made of the figures.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from pxeserve.domain.install import InstallState
from pxeserve.events.steady import now_of
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store, times
from pxeserve.store import events as stored
from pxeserve.store import tables as t
from pxeserve.store.times import TimeRow
from pxeserve.timeline.stages import Phase
from pxeserve.timeline.story import story

LOOKED_AT = 200
"""Installs that ended last; of these, those that are not written down yet."""
AT_ONCE = 20
"""Installs that are read in one turn."""
_STILL = 1800.0
"""So many seconds after its end an install is read again, for its restart and its first boot from disk."""


class _Ended(NamedTuple):
    """An install that has ended."""

    id: str
    host_id: int
    state: str
    ended_at: float


class Measuring:
    """Writes durations down. Every method raises SQLAlchemyError when the disk refuses; it is tried again the next time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._snapshots = SnapshotSource(store)

    def measure(self, now: float) -> int:
        """Write down what has ended and is not known, or not to its end; how many installs were read. `now` is epoch seconds."""
        ended = self._ended()
        with self._store.events.read() as connection:
            known = times.known(connection, [row.id for row in ended])
        wanted = [row for row in ended if row.id not in known or self._goes_on(known[row.id], now)][:AT_ONCE]
        rows = [self._measured(row) for row in wanted]
        if rows:
            with self._store.events.write() as connection:
                for row in rows:
                    times.put(connection, row)
                times.prune(connection)
        return len(rows)

    def _ended(self) -> list[_Ended]:
        install = t.install.c
        states = [str(InstallState.DONE), str(InstallState.FAILED)]
        query = select(install.id, install.host_id, install.state, install.ended_at).where(
            install.state.in_(states), install.rehearsal_mac.is_(None), install.ended_at.is_not(None)
        )
        with self._store.site.read() as connection:
            found = connection.execute(query.order_by(install.ended_at.desc()).limit(LOOKED_AT))
            return [_Ended(*row) for row in found]

    @staticmethod
    def _goes_on(row: TimeRow, now: float) -> bool:
        return row.done and str(Phase.OWN_DISK) not in row.stages and 0 <= now - row.ended_at < _STILL

    def _measured(self, row: _Ended) -> TimeRow:
        host = self._snapshots.current().by_id.get(row.host_id)
        name, profile = (host.name, host.profile) if host else ("", "")
        done = row.state == InstallState.DONE
        found = None
        if host is not None:
            with self._store.events.read() as connection:
                begins = next((number for number, install in stored.armings(connection, name) if install == row.id), None)
                wanted = stored.Wanted(host=name, since=(begins or 1) - 1)
                found = story(name, row.id, stored.following(connection, wanted, stored.MOST), now_of(self._store)) if begins else None
        return TimeRow(row.id, name, profile, row.ended_at, done, found.durations() if found else {})

"""Whose an event is: the host's name for a MAC, a rehearsal's MAC or an install. Refuses to know what the event says."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select

from pxeserve.events.record import Event
from pxeserve.snapshot import Snapshot, SnapshotSource
from pxeserve.store import Store
from pxeserve.store import tables as t

_KEPT = 1024


class Attribution:
    """Names hosts. A rehearsal's own MAC and an install's id are remembered, because both outlive their rows."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._snapshots = SnapshotSource(store)
        self._moment: object = None
        self._rehearsing: OrderedDict[str, int] = OrderedDict()
        self._installing: OrderedDict[str, int] = OrderedDict()

    def name(self, host_id: int) -> str | None:
        """The name of the host with this row id, None when it is gone."""
        host = self._snapshots.current().by_id.get(host_id)
        return host.name if host else None

    def hosts_among(self, macs: Iterable[str]) -> list[str]:
        """Those of `macs` that are hosts' now."""
        known = self._snapshots.current().by_mac
        return [mac for mac in macs if mac in known]

    def attribute(self, events: Iterable[Event]) -> list[Event]:
        """`events`, each with its host's name if it says none and one can be told from its MAC or its install.

        The store is asked once for all of them, and only when it has changed: in a storm of strangers none has a name.
        """
        snapshot = self._snapshots.current()
        self._look()
        return [self._attributed(event, snapshot) for event in events]

    def _attributed(self, event: Event, snapshot: Snapshot) -> Event:
        if event.host is not None or (event.mac is None and event.install is None):
            return event
        host_id = self._host_id(event, snapshot)
        host = snapshot.by_id.get(host_id) if host_id is not None else None
        return replace(event, host=host.name) if host else event

    def _host_id(self, event: Event, snapshot: Snapshot) -> int | None:
        if event.mac is not None:
            if known := snapshot.by_mac.get(event.mac):
                return known.id
            if event.mac in self._rehearsing:
                return self._rehearsing[event.mac]
        return None if event.install is None else self._installs(event.install)

    def _look(self) -> None:
        """Take up the rehearsals that have begun."""
        moment = self._store.site.moment()  # before anything is read: a commit that comes between is seen the next time
        if moment == self._moment:
            return
        with self._store.site.read() as connection:
            for mac, host_id in connection.execute(select(t.rehearsal.c.mac, t.rehearsal.c.host_id)):
                _remember(self._rehearsing, mac, host_id)
        self._moment = moment

    def _installs(self, install: str) -> int | None:
        """The host of `install`."""
        if install not in self._installing:
            with self._store.site.read() as connection:
                found = connection.execute(select(t.install.c.host_id).where(t.install.c.id == install)).scalar()
            if found is None:
                return None
            _remember(self._installing, install, found)
        return self._installing[install]


def _remember(known: OrderedDict[str, int], key: str, host_id: int) -> None:
    known[key] = host_id
    known.move_to_end(key)
    if len(known) > _KEPT:
        known.popitem(last=False)

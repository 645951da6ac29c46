"""Whose an event is: the host's name for a MAC, a rehearsal's MAC or an install. Refuses to know what the event says."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from sqlalchemy import Column, select

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
        self._rehearsing: OrderedDict[str, int] = OrderedDict()
        self._installing: OrderedDict[str, int] = OrderedDict()

    def name(self, host_id: int) -> str | None:
        """The name of the host with this row id, None when it is gone."""
        host = self._snapshots.current().by_id.get(host_id)
        return host.name if host else None

    def attribute(self, event: Event) -> Event:
        """`event` with its host's name, if it says none and one can be told from its MAC or its install."""
        if event.host is not None or (event.mac is None and event.install is None):
            return event
        snapshot = self._snapshots.current()
        host_id = self._host_id(event, snapshot)
        host = snapshot.by_id.get(host_id) if host_id is not None else None
        return replace(event, host=host.name) if host else event

    def _host_id(self, event: Event, snapshot: Snapshot) -> int | None:
        if event.mac is not None:
            if known := snapshot.by_mac.get(event.mac):
                return known.id
            found = self._asked(self._rehearsing, event.mac, t.rehearsal.c.mac, t.rehearsal.c.host_id)
            if found is not None:
                return found
        if event.install is not None:
            return self._asked(self._installing, event.install, t.install.c.id, t.install.c.host_id)
        return None

    def _asked(self, known: OrderedDict[str, int], key: str, key_column: Column[str], id_column: Column[int]) -> int | None:
        if key not in known:
            with self._store.site.read() as connection:
                found = connection.execute(select(id_column).where(key_column == key)).scalar()
            if found is None:
                return None
            known[key] = found
            if len(known) > _KEPT:
                known.popitem(last=False)
        return known[key]

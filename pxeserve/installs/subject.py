"""Whom a MAC stands for at this moment: a host, or a host being rehearsed, with the install as it stands in the store now.

An install is read for each question and never cached. That a MAC stands for nobody at all is known without reading anything, as
long as nothing has been committed since it was last looked at: so a flood of strangers costs the store nothing.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy.exc import SQLAlchemyError

from pxeserve.domain import serial as serials
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.identity import Claim, claim
from pxeserve.domain.install import Install
from pxeserve.domain.medium import Medium
from pxeserve.snapshot import Snapshot, SnapshotSource
from pxeserve.store import Store, discovered, installs


@dataclass(frozen=True, slots=True)
class Subject:
    """What a decision needs to know about whoever asks. All None: a machine that nobody has named; `claim` is then what its system UUID
    or serial number says of it."""

    host: Host | None = None
    install: Install | None = None
    profile: Profile | None = None
    medium: Medium | None = None
    rehearsal: bool = False
    claim: Claim | None = None


NOBODY = Subject()


class Subjects:
    """Tells whom MACs stand for, for a process that is asked all day."""

    def __init__(self, store: Store, snapshots: SnapshotSource) -> None:
        self._store = store
        self._snapshots = snapshots
        self._rehearsed: frozenset[str] = frozenset()
        self._snapshot: Snapshot | None = None
        self._moment: object = None

    def of(self, mac: str, uuid: str | None = None) -> Subject:
        """Whom `mac`, which says the system UUID `uuid`, stands for now. Raises SQLAlchemyError when the store cannot be asked."""
        snapshot = self._look()
        if mac in snapshot.by_mac or mac in self._rehearsed:
            return subject(self._store, snapshot, mac)
        found = claim(snapshot.by_uuid, uuid)
        return NOBODY if found is None else Subject(claim=found)

    def knows(self, mac: str) -> bool:
        """Whether `mac` may stand for anybody: `of` is not NOBODY only if so. Raises SQLAlchemyError when the store cannot be asked."""
        return mac in self._look().by_mac or mac in self._rehearsed

    def host_of(self, mac: str) -> str | None:
        """The name of the host that has `mac`. Raises SQLAlchemyError when the store cannot be asked."""
        host = self._look().by_mac.get(mac)
        return host.name if host is not None else None

    def moment(self) -> object:
        """See `Database.moment`: as long as it is the same, whoever was nobody is nobody."""
        return self._store.site.moment()

    def _look(self) -> Snapshot:
        """The inventory, and which MACs are those of rehearsals, whether or not their time is over."""
        moment = self._store.site.moment()  # before anything is read: a commit that comes between is seen the next time
        if self._snapshot is not None and moment == self._moment:
            return self._snapshot
        snapshot = self._snapshots.current()
        with self._store.site.read() as connection:
            self._rehearsed = installs.rehearsed_macs(connection)
        self._snapshot, self._moment = snapshot, moment
        return snapshot


def subject(store: Store, snapshot: Snapshot, mac: str, now: float | None = None, *, serial: str | None = None) -> Subject:
    """Whom `mac`, which says `serial`, stands for. The install is read from the store each time and never cached. The UUID of a MAC that is
    nobody's is the one that DHCP heard it say; so is its serial number the one that it said before, where it says none now."""
    host = snapshot.by_mac.get(mac)
    with store.site.read() as connection:
        if host is not None:
            row = installs.newest_of(connection, host.id)
        else:
            found = installs.rehearsed_host(connection, mac, time.time() if now is None else now)
            host = snapshot.by_id.get(found) if found is not None else None
            if host is None:
                return _unknown(store, snapshot, mac, serial)
            row = installs.of_rehearsal(connection, mac)
            host = replace(host, macs=(mac,), address=None, uuid=None, serial=None)
    rehearsal = row is not None and row.rehearsal_mac is not None
    return Subject(host, row.view() if row else None, snapshot.profile_of(host), snapshot.medium_of(host), rehearsal)


def _unknown(store: Store, snapshot: Snapshot, mac: str, serial: str | None) -> Subject:
    """It only explains why such a machine gets its own disk, so that the record cannot be read is no trouble."""
    if not snapshot.by_uuid and not snapshot.by_serial:
        return NOBODY
    heard = None
    with suppress(SQLAlchemyError), store.events.read() as connection:
        heard = discovered.machine(connection, mac)
    found = claim(snapshot.by_uuid, heard.uuid if heard else None)
    if found is None:
        found = serials.claim(snapshot.by_serial, serial or (heard.serial if heard else None))
    return NOBODY if found is None else Subject(claim=found)

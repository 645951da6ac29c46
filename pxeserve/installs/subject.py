"""Whom a MAC stands for at this moment: a host, or a host being rehearsed, with the install as it stands in the store now."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from pxeserve.domain.host import Host, Profile
from pxeserve.domain.install import Install
from pxeserve.domain.medium import Medium
from pxeserve.snapshot import Snapshot
from pxeserve.store import Store, installs


@dataclass(frozen=True, slots=True)
class Subject:
    """What a decision needs to know about whoever asks. All None: a machine that nobody has named."""

    host: Host | None = None
    install: Install | None = None
    profile: Profile | None = None
    medium: Medium | None = None
    rehearsal: bool = False


def subject(store: Store, snapshot: Snapshot, mac: str, now: float | None = None) -> Subject:
    """Whom `mac` stands for. The install is read from the store each time and never cached."""
    host = snapshot.by_mac.get(mac)
    with store.site.read() as connection:
        if host is not None:
            row = installs.newest_of(connection, host.id)
        else:
            found = installs.rehearsed_host(connection, mac, time.time() if now is None else now)
            host = snapshot.by_id.get(found) if found is not None else None
            if host is None:
                return Subject()
            row = installs.of_rehearsal(connection, mac)
            host = replace(host, macs=(mac,), address=None, uuid=None)
    rehearsal = row is not None and row.rehearsal_mac is not None
    return Subject(host, row.view() if row else None, snapshot.profile_of(host), snapshot.medium_of(host), rehearsal)

"""Media that are damaged or out of reach, and hosts that are armed with what their machine cannot boot.

Sources: docs/verification.md; boot/table.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pxeserve.boot.loaders import Loaders
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.doctor.loaders import known_hosts
from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.medium import Lies, MediumState
from pxeserve.installs.fitness import medium_fault
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store, installs, inventory

_DAMAGED = Fault(
    "damaged",
    Grade.HARMS,
    "medium {medium} is damaged: {why}",
    "nobody can be armed with it, and no installer is started from it",
    "pxeserve media verify {medium} names all that is wrong; put the files right, or remove it and import it anew",
)
_AWAY = Fault(
    "out-of-reach",
    Grade.STOPS,
    "medium {medium} lies at {place}, which the service's user cannot read",
    "its files are refused to every machine",
    "mount what belongs there, and let {user} read it: chmod -R o+rX {place}",
)
_UNFIT = Fault(
    "armed-unfit",
    Grade.STOPS,
    "{host} is armed, and {why}",
    "its next boot leads to its own disk, not to the installer",
    "pxeserve host cancel {host}, then arm it again with a medium that is whole",
)
_NO_LOADER = Fault(
    "armed-no-loader",
    Grade.STOPS,
    "{host} is armed with {medium}, and asked with {firmware} firmware last: {why}",
    "its next boot gets no boot file",
    "{why}; pxeserve explain MAC --firmware {firmware} shows the whole decision",
)


def look(around: Around) -> Seen:
    """Media, then hosts."""
    store = around.store
    if store is None:
        yield Blind("media are known to the service's state, which is not at hand")
        return
    for medium in SnapshotSource(store).current().media.values():
        if medium.state is not MediumState.GOOD:
            yield _DAMAGED.found(medium.name, medium=medium.name, why=medium.state_reason)
        if medium.lies is not Lies.COPIED and not os.access(Path(medium.place), os.R_OK):
            yield _AWAY.found(medium.name, medium=medium.name, place=medium.place, user=around.config.server.user)
    yield from _armed(around, store)


def _armed(around: Around, store: Store) -> Iterator[Finding]:
    snapshot = SnapshotSource(store).current()
    loaders = Loaders(store, around.data, around.config.dhcp.mode, around.config.boot.idle)
    firmware = known_hosts(snapshot, store)
    with store.site.read() as connection:
        live = [row for row in installs.in_states(connection, LIVE_STATES) if row.rehearsal_mac is None]
        for row in live:
            host = inventory.host_by_id(connection, row.host_id)
            if host is None:
                continue
            fault = medium_fault(connection, row.medium, row.medium_revision)
            if fault:
                yield _UNFIT.found(host.name, host=host.name, why=fault)
                continue
            kind = firmware.get(host.name)
            site = loaders.site_for(snapshot.media.get(row.medium or ""), snapshot.profile_of(host))
            why = site.missing_loader.get(kind) if kind else None
            if kind and why:
                yield _NO_LOADER.found(host.name, host=host.name, medium=row.medium or "plain files", firmware=kind.value, why=why)


CHECK = Check(
    "media",
    "damaged media, media out of reach, and armed hosts whose medium or firmware cannot be helped",
    "docs/verification.md; boot/table.py",
    (_DAMAGED, _AWAY, _UNFIT, _NO_LOADER),
    look,
    needs_state=True,
)

"""The schema: one, in three groups. On SQLite each group is a file of its own, so that nobody waits for another's lock:
`site` (seldom written), `leases` (written by the DHCP process alone) and `events` (written by the worker alone).

Times are seconds since the epoch as floats; addresses and MACs are text in their usual spelling.
"""

from __future__ import annotations

from pxeserve.store.tables.groups import EVENTS, GROUPS, LEASES, SITE
from pxeserve.store.tables.installing import install, install_event, install_token, rehearsal
from pxeserve.store.tables.inventory import (
    answers_history,
    host,
    host_mac,
    loader_file,
    loader_set,
    medium,
    medium_file,
    meta,
    profile,
    script,
)
from pxeserve.store.tables.network import lease, sighting
from pxeserve.store.tables.people import api_token, audit, idempotency, job, session, user
from pxeserve.store.tables.record import DOCTOR, MENU, counter, discovered, event, install_log, install_time, steady_clock, total, webhook
from pxeserve.store.tables.recovering import backup, first_boot, pool, pool_join, pool_member, recovery

__all__ = [
    "DOCTOR",
    "EVENTS",
    "GROUPS",
    "LEASES",
    "MENU",
    "SITE",
    "answers_history",
    "api_token",
    "audit",
    "backup",
    "counter",
    "discovered",
    "event",
    "first_boot",
    "host",
    "host_mac",
    "idempotency",
    "install",
    "install_event",
    "install_log",
    "install_time",
    "install_token",
    "job",
    "lease",
    "loader_file",
    "loader_set",
    "medium",
    "medium_file",
    "meta",
    "pool",
    "pool_join",
    "pool_member",
    "profile",
    "recovery",
    "rehearsal",
    "script",
    "session",
    "sighting",
    "steady_clock",
    "total",
    "user",
    "webhook",
]

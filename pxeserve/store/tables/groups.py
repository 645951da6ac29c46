"""The three groups of tables. On SQLite each is a file of its own."""

from __future__ import annotations

from sqlalchemy import MetaData

SITE = MetaData()
LEASES = MetaData()
EVENTS = MetaData()
GROUPS = {"site": SITE, "leases": LEASES, "events": EVENTS}

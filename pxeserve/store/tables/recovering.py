"""Recovery: pools, backups of their databases, what newly installed hosts ask for, and plans under way."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from pxeserve.store.tables.groups import SITE

pool = Table(
    "pool", SITE,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("master_id", Integer, ForeignKey("host.id"), nullable=False),
    Column("product", Text, nullable=False, server_default=""),
    Column("version", Text, nullable=False, server_default=""),
    Column("address", Text),
    Column("user", Text, nullable=False, server_default="root"),
    Column("said", JSON, nullable=False),             # storage, networks, licence, as the domain has them
    Column("secrets", LargeBinary),                   # the pool's password and CHAP's, sealed
)

pool_member = Table(
    "pool_member", SITE,
    Column("host_id", Integer, ForeignKey("host.id"), primary_key=True),
    Column("pool_id", Integer, ForeignKey("pool.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("iqn", Text, nullable=False, server_default=""),
    Column("fingerprint", Text, nullable=False, server_default=""),   # SHA-256 of its toolstack's certificate, hex
    Column("heard_at", Float),
)

backup = Table(
    "backup", SITE,                                   # the bytes lie encrypted in a file beneath the data folder
    Column("id", Text, primary_key=True),
    Column("pool_id", Integer, ForeignKey("pool.id"), nullable=False),
    Column("kind", Text, nullable=False),             # database: pool-dump-database; host: host-backup
    Column("host_id", Integer, ForeignKey("host.id", ondelete="SET NULL")),
    Column("taken_at", Float, nullable=False),
    Column("size", BigInteger, nullable=False),       # of the plain bytes
    Column("sha256", Text, nullable=False),
    Column("state", Text, nullable=False),            # good | damaged | refused
    Column("because", Text, nullable=False, server_default=""),
    Column("holds", JSON, nullable=False),            # what was read in it: product, version, schema, counts and names, bounded
    Column("by", Text, nullable=False),
)
Index("backup_of_pool", backup.c.pool_id, backup.c.kind, backup.c.taken_at)

first_boot = Table(
    "first_boot", SITE,                               # what the job of a newly installed host says and asks for
    Column("install_id", Text, ForeignKey("install.id", ondelete="CASCADE"), primary_key=True),
    Column("host_id", Integer, ForeignKey("host.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("expires", Float, nullable=False),
    Column("boot_id", Text, nullable=False),          # kernel boot id and CLOCK_BOOTTIME, as with an arming
    Column("boottime", Float, nullable=False),
    Column("sealed", LargeBinary),                    # its one-time password and whatever else it must present; gone when it is over
    Column("inventory", JSON),                        # disks, cards and versions, as it told them
    Column("state", Text, nullable=False),            # waiting | running | done | failed
    Column("step", Text, nullable=False, server_default=""),
    Column("told_at", Float),
)

pool_join = Table(
    "pool_join", SITE,                                # a host that asked to be joined; the worker does it
    Column("id", Text, primary_key=True),
    Column("host_id", Integer, ForeignKey("host.id", ondelete="CASCADE"), nullable=False),
    Column("install_id", Text, nullable=False, unique=True),
    Column("pool_id", Integer, ForeignKey("pool.id", ondelete="CASCADE"), nullable=False),
    Column("host_uuid", Text, nullable=False, server_default=""),  # as XAPI knows it, noted before it is told to join
    Column("state", Text, nullable=False),            # asked | joining | joined | failed
    Column("step", Text, nullable=False, server_default=""),
    Column("because", Text, nullable=False, server_default=""),
    Column("fix", Text, nullable=False, server_default=""),
    Column("asked_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("version", Integer, nullable=False),
)

recovery = Table(
    "recovery", SITE,                                 # a plan under way, resumable: every step compares and increments its version
    Column("id", Text, primary_key=True),
    Column("host_id", Integer, ForeignKey("host.id", ondelete="CASCADE"), nullable=False),
    Column("pool_id", Integer, ForeignKey("pool.id"), nullable=False),
    Column("role", Text, nullable=False),             # member | master | sole
    Column("drill", Boolean, nullable=False, server_default=text("0")),
    Column("state", Text, nullable=False),            # waiting | running | stopped | done | abandoned
    Column("plan", JSON, nullable=False),             # what was shown and agreed to
    Column("steps", JSON, nullable=False),            # each with its state, when, and what was seen
    Column("step", Integer, nullable=False, server_default=text("0")),
    Column("because", Text, nullable=False, server_default=""),
    Column("fix", Text, nullable=False, server_default=""),
    Column("install_id", Text),                       # the arming that belongs to it
    Column("begun_by", Text, nullable=False),
    Column("begun_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("version", Integer, nullable=False),
)
Index(
    "one_live_recovery", recovery.c.pool_id, unique=True,
    sqlite_where=text("drill = 0 AND state IN ('waiting','running','stopped')"),
    postgresql_where=text("drill = false AND state IN ('waiting','running','stopped')"),
)

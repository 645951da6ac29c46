"""Installations: what is armed, its tokens, and what happens to it until the record has it."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from pxeserve.store.tables.groups import SITE

rehearsal = Table(
    "rehearsal", SITE,                                # a simulated client's own MAC, standing in for a host until it expires
    Column("mac", Text, primary_key=True),
    Column("host_id", Integer, ForeignKey("host.id", ondelete="CASCADE"), nullable=False),
    Column("expires", Float, nullable=False),
)

install = Table(
    "install", SITE,
    Column("id", Text, primary_key=True),
    Column("host_id", Integer, ForeignKey("host.id", ondelete="CASCADE"), nullable=False),
    Column("rehearsal_mac", Text),                    # set for a rehearsal's install; NULL for a real one
    Column("mode", Text, nullable=False),
    Column("interactive", Boolean, nullable=False),
    Column("wants_answerfile", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),       # every transition compares and increments it
    Column("armed_by", Text, nullable=False),
    Column("armed_at", Float, nullable=False),
    Column("armed_boot_id", Text, nullable=False),    # kernel boot id and CLOCK_BOOTTIME: a wall clock set back revives nothing
    Column("armed_boottime", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("medium", Text),
    Column("medium_revision", Text),
    Column("bound_address", Text),
    Column("address_changes", Integer, nullable=False, server_default=text("0")),
    Column("token_hash", Text, unique=True),          # SHA-256 of the answerfile's token, hex
    Column("deliveries", Integer, nullable=False, server_default=text("0")),
    Column("delivered_at", Float),
    Column("sealed", LargeBinary),                    # key, answerfile and scripts; gone when the install has ended
    Column("ended_at", Float),
    Column("ended_because", Text),
    Column("secret", LargeBinary),                    # a random root password, sealed: until it is asked for, a day at most
    Column("remembered", JSON),                       # what was declared when it was armed, without secrets: for whoever arms again
    Column("doubt", Text),                            # why it may run on another machine than was meant; a person must look
)
Index("install_host", install.c.host_id, install.c.armed_at)
Index(
    "install_newest",                                 # all that lists look at: the rows are long, with what is sealed and remembered
    install.c.host_id, install.c.armed_at, install.c.id, install.c.rehearsal_mac, install.c.state, install.c.ended_at, install.c.expires,
    install.c.armed_boot_id, install.c.armed_boottime, install.c.medium,
    sqlite_where=text("rehearsal_mac IS NULL"), postgresql_where=text("rehearsal_mac IS NULL"),
)
Index(
    "one_live_install", install.c.host_id, unique=True,
    sqlite_where=text("rehearsal_mac IS NULL AND state IN ('armed','booting','answered','installing','frozen')"),
    postgresql_where=text("rehearsal_mac IS NULL AND state IN ('armed','booting','answered','installing','frozen')"),
)

install_token = Table(
    "install_token", SITE,                            # tokens of scripts and progress reports
    Column("hash", Text, primary_key=True),
    Column("install_id", Text, ForeignKey("install.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),             # script | progress
    Column("name", Text, nullable=False),
)

install_event = Table(
    "install_event", SITE,                            # commits with the transition it tells of; the worker takes it over into `event`
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("install_id", Text, nullable=False),
    Column("host_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,
)

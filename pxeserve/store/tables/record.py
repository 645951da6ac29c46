"""The record, and what is kept beside it: counters, totals, what machines said of themselves, how far webhooks are."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, LargeBinary, Table, Text, text

from pxeserve.store.tables.groups import EVENTS

event = Table(
    "event", EVENTS,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False),
    Column("kind", Text, nullable=False),
    Column("host", Text),
    Column("mac", Text),
    Column("address", Text),
    Column("install", Text),
    Column("session", Text),
    Column("text", Text, nullable=False, server_default=""),
    Column("data", JSON, nullable=False),
    Column("outbox_id", Integer, unique=True),        # of `install_event`, so that a crash between copy and delete doubles nothing
    Column("package", Integer),                       # of a package that came whole, as its data says them: see `store.stretches`
    Column("packages", Integer),
    Column("bytes", Integer),
    Column("seconds", Float),
    Column("steady", Float),                          # when it happened, on a clock that nobody sets; NULL in rows of older releases
    sqlite_autoincrement=True,
)
Index("event_host", event.c.host, event.c.id)
Index("event_mac", event.c.mac, event.c.id)
Index("event_install", event.c.install, event.c.id)
DOCTOR = text("kind >= 'doctor.' AND kind < 'doctor/'")   # as the index has it, word for word: a query finds the index by that
Index("event_doctor", event.c.id, sqlite_where=DOCTOR, postgresql_where=DOCTOR)
MENU = text("kind = 'boot.menu'")                            # likewise
Index("event_menu", event.c.mac, event.c.id, sqlite_where=MENU, postgresql_where=MENU)

counter = Table(
    "counter", EVENTS,
    Column("minute", Integer, primary_key=True),      # epoch seconds // 60
    Column("source", Text, primary_key=True),         # dhcp, tftp, provision
    Column("reason", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

steady_clock = Table(
    "steady_clock", EVENTS,                           # one row: what is added to CLOCK_BOOTTIME in this run of the kernel
    Column("boot_id", Text, primary_key=True),
    Column("base", Float, nullable=False),
    Column("reached", Float, nullable=False),         # the clock never stands before it
)

install_log = Table(
    "install_log", EVENTS,                            # the end of an installer's log, sent by its hook when it failed; masked
    Column("install", Text, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("host", Text),
    Column("at", Float, nullable=False),
    Column("size", Integer, nullable=False),          # bytes as they came
    Column("content", LargeBinary, nullable=False),   # zlib
)

install_time = Table(
    "install_time", EVENTS,                           # how long the stages of an ended install took: it outlives its events
    Column("install", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("ended_at", Float, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("stages", JSON, nullable=False),           # seconds by stage
)
Index("install_time_profile", install_time.c.profile, install_time.c.ended_at)

discovered = Table(
    "discovered", EVENTS,                             # machines that network-booted and were no host then, as they described themselves
    Column("mac", Text, primary_key=True),
    Column("first_seen", Float, nullable=False),
    Column("last_seen", Float, nullable=False),
    Column("boots", Integer, nullable=False),
    Column("vendor_class", Text, nullable=False),     # option 60
    Column("arch", Integer),                          # option 93
    Column("uuid", Text),                             # option 97
    Column("user_class", Text, nullable=False),       # option 77
    Column("hostname", Text, nullable=False),         # option 12
    Column("relay", Text, nullable=False),            # giaddr
    Column("circuit", Text, nullable=False),          # option 82, sub-option 1
    Column("remote", Text, nullable=False),           # option 82, sub-option 2
    Column("serial", Text),                           # SMBIOS type 1, where a loader said it
)

total = Table(
    "total", EVENTS,                                  # what the record came to in all, also of what it has forgotten
    Column("metric", Text, primary_key=True),
    Column("labels", Text, primary_key=True),         # the values of its labels, as a JSON list
    Column("value", Float, nullable=False),
)

webhook = Table(
    "webhook", EVENTS,
    Column("name", Text, primary_key=True),
    Column("stream", Text, nullable=False),           # part of each delivery's id, drawn once
    Column("cursor", Integer, nullable=False),        # id of the last event that is done with
    Column("delivered", Integer, nullable=False, server_default=text("0")),
    Column("refused", Integer, nullable=False, server_default=text("0")),    # attempts that came to nothing
    Column("dropped", Integer, nullable=False, server_default=text("0")),    # events given up
    Column("attempts", Integer, nullable=False, server_default=text("0")),   # at the event that comes next
    Column("failing_since", Float),
    Column("again_at", Float),
    Column("last_at", Float),
    Column("last_result", Text, nullable=False, server_default=""),
)

"""The schema: one, in three groups. On SQLite each group is a file of its own, so that nobody waits for another's lock:
`site` (seldom written), `leases` (written by the DHCP process alone) and `events` (written by the worker alone).

Times are seconds since the epoch as floats; addresses and MACs are text in their usual spelling.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text

SITE = MetaData()
LEASES = MetaData()
EVENTS = MetaData()
GROUPS = {"site": SITE, "leases": LEASES, "events": EVENTS}

meta = Table("meta", SITE, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

medium = Table(
    "medium", SITE,
    Column("name", Text, primary_key=True),
    Column("folder", Text, nullable=False, unique=True),
    Column("format", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("build", Text, nullable=False),
    Column("dialect", Text, nullable=False),
    Column("revision", Text, nullable=False),
    Column("boot", JSON),
    Column("repositories", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_reason", Text, nullable=False, server_default=""),
    Column("sample", Boolean, nullable=False, server_default=text("0")),
    Column("origin", Text, nullable=False),
    Column("imported_at", Float, nullable=False),
    Column("role", Text, nullable=False, server_default="main"),
    Column("lies", Text, nullable=False, server_default="copied"),
    Column("place", Text, nullable=False, server_default=""),
    Column("checked_at", Float),                      # when every byte was last read and right
)

medium_file = Table(
    "medium_file", SITE,
    Column("medium", Text, ForeignKey("medium.name", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("position", Integer, nullable=False),      # order in which the installer fetches packages; -1 for other files
    Column("kind", Text, nullable=False),             # tbz2, driver, firmware, rpm, ..., index or plain
    Column("size", Integer, nullable=False),
    Column("md5", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("offset", BigInteger, nullable=False, server_default="0"),   # where it begins in the image it is served from
    Column("stamp", Text, nullable=False, server_default=""),           # what the file system said of it when it was last read whole
)

profile = Table(
    "profile", SITE,
    Column("name", Text, primary_key=True),
    Column("medium", Text),
    Column("parent", Text),
    Column("answers", JSON, nullable=False),
    Column("boot", JSON, nullable=False),
)

host = Table(
    "host", SITE,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", Text, nullable=False, unique=True),
    Column("uuid", Text),
    Column("serial", Text),
    Column("profile", Text, nullable=False),
    Column("address", Text, unique=True),
    Column("answers", JSON, nullable=False),
    Column("rack", Text),
    Column("tags", JSON, nullable=False, server_default="[]"),
)

host_mac = Table(
    "host_mac", SITE,
    Column("mac", Text, primary_key=True),
    Column("host_id", Integer, ForeignKey("host.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
)

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

script = Table(
    "script", SITE,                                   # the site's own, for the stages of installations
    Column("name", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("changed_at", Float, nullable=False),
)

loader_set = Table(
    "loader_set", SITE,
    Column("name", Text, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("imported_at", Float, nullable=False),
)

loader_file = Table(
    "loader_file", SITE,
    Column("set", Text, ForeignKey("loader_set.name", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
)

audit = Table(
    "audit", SITE,                                    # chained: each line holds the SHA-256 of the one before it; nothing prunes it
    Column("seq", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

lease = Table(
    "lease", LEASES,
    Column("address", Text, primary_key=True),
    Column("mac", Text, nullable=False, index=True),
    Column("client_id", Text, nullable=False),        # hex of option 61, or empty
    Column("hostname", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),            # bound | released | declined
    Column("starts", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Column("relay", Text, nullable=False, server_default=""),
)

sighting = Table(
    "sighting", LEASES,                               # option 50 of broadcast REQUESTs to other servers: evidence in proxy mode
    Column("address", Text, primary_key=True),
    Column("mac", Text, nullable=False),
    Column("at", Float, nullable=False),
)

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
    Column("steady", Float),                          # when it happened, on a clock that nobody sets; NULL in rows of older releases
    sqlite_autoincrement=True,
)
Index("event_host", event.c.host, event.c.id)
Index("event_mac", event.c.mac, event.c.id)
Index("event_install", event.c.install, event.c.id)

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

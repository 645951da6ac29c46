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

answers_history = Table(
    "answers_history", SITE,                          # what was declared after each change; bounded for each thing
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("what", Text, nullable=False),             # site, profile or host; armed: the file that a host was armed with
    Column("name", Text, nullable=False),             # "" for the site
    Column("at", Float, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("answers", JSON, nullable=False),          # no password in plain text
    Column("note", Text, nullable=False, server_default=""),
)
Index("answers_history_of", answers_history.c.what, answers_history.c.name, answers_history.c.id)

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

job = Table(
    "job", SITE,                                      # what takes too long to wait for; an ended one is kept for a week
    Column("id", Text, primary_key=True),
    Column("verb", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Integer, nullable=False),          # the asker's, when it was asked for
    Column("state", Text, nullable=False),            # waiting | running | done | failed | cancelled | interrupted
    Column("made_at", Float, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("result", JSON),
    Column("problem", JSON),
    Column("began_at", Float),
    Column("ended_at", Float),
    Column("cancelled_by", Text),
    Column("attempts", Integer, nullable=False),
)
Index("job_made", job.c.made_at)

idempotency = Table(
    "idempotency", SITE,                              # requests that were sent with a key, for a day: sent twice, they are done once
    Column("whose", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", Text, nullable=False),          # SHA-256 of method, path and body, hex
    Column("run", Text, nullable=False),              # the life of the process that took it
    Column("at", Float, nullable=False),
    Column("answer", LargeBinary),                    # sealed: it may hold a password that is shown once
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
    Column("boottime", Float),                        # CLOCK_BOOTTIME; NULL in lines of older releases
    Column("origin", Text, nullable=False, server_default=""),   # address and id of the request
)
Index("audit_actor", audit.c.actor, audit.c.seq)
Index("audit_action", audit.c.action, audit.c.seq)
Index("audit_object", audit.c.object, audit.c.seq)

user = Table(
    "user", SITE,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),             # viewer | operator | admin
    Column("password", Text, nullable=False),         # argon2id, with its parameters
    Column("disabled", Boolean, nullable=False, server_default=text("0")),
    Column("created_at", Float, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("password_at", Float, nullable=False),
    Column("entered_at", Float),
    Column("entered_from", Text, nullable=False, server_default=""),
)

session = Table(
    "session", SITE,                                  # moments are [wall, boot id, boottime]
    Column("hash", Text, primary_key=True),           # SHA-256 of what the browser holds, hex
    Column("id", Text, nullable=False, unique=True),  # names it to people; opens nothing
    Column("user", Text, ForeignKey("user.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("begun", JSON, nullable=False),
    Column("seen", JSON, nullable=False),
    Column("confirmed", JSON, nullable=False),        # when the password was given last
)

api_token = Table(
    "api_token", SITE,
    Column("id", Text, primary_key=True),
    Column("user", Text, ForeignKey("user.name", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),             # SHA-256 of its secret, hex
    Column("role", Text, nullable=False),
    Column("hosts", JSON, nullable=False),            # what it is limited to; both empty for no limit
    Column("racks", JSON, nullable=False),
    Column("unattended", Boolean, nullable=False),    # may do what people are asked their password for
    Column("made", JSON, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("life", Float, nullable=False),            # seconds
    Column("used_at", Float),
    Column("used_from", Text, nullable=False, server_default=""),
    Column("revoked_at", Float),
    Column("revoked_by", Text, nullable=False, server_default=""),
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
DOCTOR = text("kind >= 'doctor.' AND kind < 'doctor/'")   # as the index has it, word for word: a query finds the index by that
Index("event_doctor", event.c.id, sqlite_where=DOCTOR, postgresql_where=DOCTOR)

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

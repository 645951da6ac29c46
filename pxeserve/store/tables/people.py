"""Who comes in, what they did, and what is being done for them."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from pxeserve.store.tables.groups import SITE

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
    Column("scope", Text, nullable=False, server_default=""),     # the one thing it may do at all, such as backup:write
    Column("pools", JSON, nullable=False, server_default="[]"),   # of which pools, where it has a scope
    Column("unattended", Boolean, nullable=False),    # may do what people are asked their password for
    Column("made", JSON, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("life", Float, nullable=False),            # seconds
    Column("used_at", Float),
    Column("used_from", Text, nullable=False, server_default=""),
    Column("revoked_at", Float),
    Column("revoked_by", Text, nullable=False, server_default=""),
)

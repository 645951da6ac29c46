"""Sessions of browsers: 256 random bits that only the browser holds, of which the store keeps the SHA-256.

A session is over after 30 minutes without a request, after 12 hours in any case, and at once when its owner's password, role or account
changes. Its password is fresh for five minutes.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import astuple, replace

from sqlalchemy import Connection

from pxeserve.moment import Moment, elapsed
from pxeserve.store import accounts as store
from pxeserve.store.accounts import SessionRow

IDLE = 30 * 60.0
ABSOLUTE = 12 * 3600.0
FRESH = 5 * 60.0
"""Seconds."""

MOST = 32
"""Sessions of one account; the one that was idle for longest gives way to a new one."""

_SEEN_EVERY = 60.0
"""Seconds after which a request is written down as seen: each commit is looked at by every process that serves."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_LONGEST_AGENT = 200


def begin(connection: Connection, user: str, address: str, agent: str, now: Moment) -> tuple[str, SessionRow]:
    """A session for `user`, whose password was given right now; and its secret, which is kept nowhere here."""
    theirs = sorted(store.sessions(connection, user), key=lambda row: Moment(*row.seen).wall)
    store.end_sessions(connection, [row.id for row in theirs if is_over(row, now)] + [row.id for row in theirs[: 1 - MOST]])
    moment = list(astuple(now))
    secret = secrets.token_urlsafe(32)
    row = SessionRow(_hash(secret), secrets.token_hex(4), user, address, agent[:_LONGEST_AGENT], moment, moment, moment)
    store.add_session(connection, row)
    return secret, row


def renew(connection: Connection, row: SessionRow, now: Moment) -> str:
    """The same session under a new secret, its password given right now; the old secret is worth nothing."""
    secret = secrets.token_urlsafe(32)
    store.change_session(connection, row.id, {"hash": _hash(secret), "confirmed": list(astuple(now)), "seen": list(astuple(now))})
    return secret


def confirm(connection: Connection, row: SessionRow, now: Moment) -> None:
    """Write down that its password was given right now."""
    store.change_session(connection, row.id, {"confirmed": list(astuple(now)), "seen": list(astuple(now))})


def look(connection: Connection, secret: str, now: Moment) -> SessionRow | None:
    """The session that `secret` opens, or None: it is no secret, or the session is over."""
    if _SECRET.fullmatch(secret) is None:
        return None
    row = store.session(connection, _hash(secret))
    return row if row is not None and not is_over(row, now) else None


def is_over(row: SessionRow, now: Moment) -> bool:
    """Whether its time is up, by whichever clock says so first."""
    return elapsed(Moment(*row.seen), now) >= IDLE or elapsed(Moment(*row.begun), now) >= ABSOLUTE


def is_fresh(row: SessionRow, now: Moment) -> bool:
    """Whether the password was given within the last five minutes."""
    return elapsed(Moment(*row.confirmed), now) < FRESH


def wants_seeing(row: SessionRow, now: Moment) -> bool:
    """Whether this request should be written down as one that keeps the session from being idle."""
    return elapsed(Moment(*row.seen), now) >= _SEEN_EVERY


def seen(connection: Connection, row: SessionRow, now: Moment) -> SessionRow:
    """Write down that there was a request."""
    store.change_session(connection, row.id, {"seen": list(astuple(now))})
    return replace(row, seen=list(astuple(now)))


def tidy(connection: Connection, now: Moment) -> int:
    """Forget all sessions that are over; how many."""
    return store.end_sessions(connection, [row.id for row in store.sessions(connection) if is_over(row, now)])


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

"""The audit: who did what to what, each line chained to the one before it. Append only; nothing prunes it.

Each line commits with the act it tells of, so that neither is without the other: where nothing can be written, nothing is done. How far the
chain goes is kept beside it, so that lines cut off at its end show too.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from pxeserve.store import tables as t

_FIRST = "0" * 64
_HEAD = "audit.head"
_CHAINED = ("seq", "at", "actor", "action", "object", "result", "previous")
_LATER = ("boottime", "origin")
"""Columns that lines of older releases have nothing in; such a line is summed up without them."""

_origin: ContextVar[str] = ContextVar("origin", default="")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of an actor, an action (`session.*` for all that begin so), an object; between two epoch seconds; older than a line."""

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    since: float | None = None
    until: float | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """How the chain fares: its lines, the number of the first at which it does not hold (None when it is whole), and why."""

    lines: int
    broken_at: int | None
    because: str


@contextmanager
def asked_from(origin: str) -> Iterator[None]:
    """What is appended within tells where the request came from: an address, and the request's own id."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def append(connection: Connection, at: float, actor: str, action: str, obj: str, result: str = "ok") -> None:
    """Add a line in the transaction of the act itself, so that neither is without the other. Never put a secret into it."""
    last = connection.execute(select(t.audit.c.seq, t.audit.c.hash).order_by(t.audit.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, _FIRST)
    line = {"seq": seq, "at": at, "actor": actor, "action": action, "object": obj, "result": result, "previous": previous}
    line |= {"boottime": round(time.clock_gettime(time.CLOCK_BOOTTIME), 3), "origin": _origin.get()}
    hashed = digest(line)
    connection.execute(insert(t.audit).values(**line, hash=hashed))
    connection.execute(delete(t.meta).where(t.meta.c.key == _HEAD))
    connection.execute(insert(t.meta).values(key=_HEAD, value=f"{seq} {hashed}"))


def digest(line: dict[str, object]) -> str:
    """SHA-256 of one line's canonical JSON, hex."""
    return hashlib.sha256(json.dumps(line, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def chain(connection: Connection) -> Chain:
    """Whether every line is as it was written and none is missing, in the middle or at the end."""
    previous, expected = _FIRST, 1
    for row in connection.execute(select(t.audit).order_by(t.audit.c.seq).execution_options(yield_per=1000)):
        if row.seq != expected:
            return Chain(expected - 1, int(row.seq), f"line {expected} is missing")
        if row.previous != previous:
            return Chain(expected - 1, int(row.seq), "it does not follow the line before it")
        if digest(chained(row)) != row.hash:
            return Chain(expected - 1, int(row.seq), "it was changed")
        previous, expected = row.hash, expected + 1
    head = connection.execute(select(t.meta.c.value).where(t.meta.c.key == _HEAD)).scalar()
    if head is not None and head != f"{expected - 1} {previous}":
        return Chain(expected - 1, expected, f"lines are missing at the end: {head.split(' ')[0]} were written")
    return Chain(expected - 1, None, "")


def broken_at(connection: Connection) -> int | None:
    """The first sequence number at which the chain does not hold, or None when it is whole."""
    return chain(connection).broken_at


def chained(row: Any) -> dict[str, object]:
    """What a line is summed up from."""
    line = {key: getattr(row, key) for key in _CHAINED}
    return line | ({key: getattr(row, key) for key in _LATER} if row.boottime is not None else {})


def lines(connection: Connection, wanted: Wanted, limit: int) -> list[dict[str, Any]]:
    """The newest `limit` lines of those that are wanted, the newest first."""
    query = select(t.audit).where(*_conditions(wanted)).order_by(t.audit.c.seq.desc()).limit(limit)
    return [dict(row._mapping) for row in connection.execute(query)]


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.actor is not None:
        yield t.audit.c.actor == wanted.actor
    if wanted.action is not None and wanted.action.endswith("*"):
        yield t.audit.c.action.startswith(wanted.action[:-1], autoescape=True)
    elif wanted.action is not None:
        yield t.audit.c.action == wanted.action
    if wanted.object is not None:
        yield t.audit.c.object == wanted.object
    if wanted.since is not None:
        yield t.audit.c.at >= wanted.since
    if wanted.until is not None:
        yield t.audit.c.at < wanted.until
    if wanted.before is not None:
        yield t.audit.c.seq < wanted.before

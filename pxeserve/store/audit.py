"""The audit: who did what to what, each line chained to the one before it. Append only; nothing prunes it."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import Connection, insert, select

from pxeserve.store import tables as t

_FIRST = "0" * 64


def append(connection: Connection, at: float, actor: str, action: str, obj: str, result: str = "ok") -> None:
    """Add a line in the transaction of the act itself, so that neither is without the other. Never put a secret into it."""
    last = connection.execute(select(t.audit.c.seq, t.audit.c.hash).order_by(t.audit.c.seq.desc()).limit(1)).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, _FIRST)
    line = {"seq": seq, "at": at, "actor": actor, "action": action, "object": obj, "result": result, "previous": previous}
    connection.execute(insert(t.audit).values(**line, hash=digest(line)))


def digest(line: dict[str, object]) -> str:
    """SHA-256 of one line's canonical JSON, hex."""
    return hashlib.sha256(json.dumps(line, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def broken_at(connection: Connection) -> int | None:
    """The first sequence number at which the chain does not hold, or None when it is whole."""
    previous, expected = _FIRST, 1
    for row in connection.execute(select(t.audit).order_by(t.audit.c.seq)):
        line = {key: getattr(row, key) for key in ("seq", "at", "actor", "action", "object", "result", "previous")}
        if row.seq != expected or row.previous != previous or digest(line) != row.hash:
            return int(row.seq)
        previous, expected = row.hash, expected + 1
    return None

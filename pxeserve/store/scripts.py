"""Queries on the site's own scripts, which installers run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select

from pxeserve.store import tables as t


@dataclass(frozen=True, slots=True)
class ScriptRow:
    """One script. `sha256` is hex; `changed_at` epoch seconds."""

    name: str
    body: bytes = field(repr=False)
    sha256: str
    changed_at: float


def scripts(connection: Connection) -> list[ScriptRow]:
    """All scripts, by name."""
    return [ScriptRow(*row) for row in connection.execute(select(t.script).order_by(t.script.c.name))]


def names(connection: Connection) -> frozenset[str]:
    """What the scripts are called."""
    return frozenset(connection.execute(select(t.script.c.name)).scalars())


def script(connection: Connection, name: str) -> ScriptRow | None:
    """The script called `name`."""
    row = connection.execute(select(t.script).where(t.script.c.name == name)).first()
    return ScriptRow(*row) if row else None


def put(connection: Connection, name: str, body: bytes, now: float) -> ScriptRow:
    """Keep `body` as `name`, instead of what may be there."""
    row = ScriptRow(name, body, hashlib.sha256(body).hexdigest(), now)
    connection.execute(delete(t.script).where(t.script.c.name == name))
    connection.execute(insert(t.script).values(name=name, body=body, sha256=row.sha256, changed_at=now))
    return row


def remove(connection: Connection, name: str) -> None:
    """Forget a script."""
    connection.execute(delete(t.script).where(t.script.c.name == name))

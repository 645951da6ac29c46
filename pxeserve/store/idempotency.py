"""Queries on idempotency keys: which request a key was used for, and what was answered. Refuses to know HTTP, and what a request does."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from pxeserve.store import tables as t


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A key as `whose` used it. `request` is the SHA-256 of what was asked; `answer` is sealed, and None until there is one; `run` is the
    life of the process that took the request: one that has ended answers no more."""

    whose: str
    key: str
    request: str
    run: str
    at: float
    answer: bytes | None = None


def take(connection: Connection, row: KeptRow) -> KeptRow | None:
    """Write `row` down unless `whose` has used the key already: then that use is given back, and nothing changes."""
    values = {name: getattr(row, name) for name in KeptRow.__slots__}
    if connection.execute(insert(t.idempotency).values(values).on_conflict_do_nothing()).rowcount == 1:
        return None
    same = (t.idempotency.c.whose == row.whose) & (t.idempotency.c.key == row.key)
    found = connection.execute(select(t.idempotency).where(same)).one()
    return KeptRow(**{name: getattr(found, name) for name in KeptRow.__slots__})


def keep(connection: Connection, whose: str, key: str, answer: bytes) -> None:
    """Keep what was answered."""
    same = (t.idempotency.c.whose == whose) & (t.idempotency.c.key == key)
    connection.execute(update(t.idempotency).where(same).values(answer=answer))


def release(connection: Connection, whose: str, key: str) -> None:
    """Forget a use: nothing was done."""
    connection.execute(delete(t.idempotency).where(t.idempotency.c.whose == whose, t.idempotency.c.key == key))


def forget(connection: Connection, before: float) -> None:
    """Remove what was kept before epoch second `before`."""
    connection.execute(delete(t.idempotency).where(t.idempotency.c.at < before))

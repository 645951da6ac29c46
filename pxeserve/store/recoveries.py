"""Queries on recoveries: one row a plan under way, changed only by compare-and-set on its version, each change with its own event.

Refuses to know what a step is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from pxeserve.store import tables as t

LIVE = ("running", "waiting", "stopped")
"""States in which no other recovery of the pool may begin."""


@dataclass(frozen=True, slots=True)
class RecoveryRow:
    """One as it lies in the store. `plan` is what was agreed to, `steps` its steps with how each stands; `step` is the number
    of the one it is at. Times are epoch seconds."""

    id: str
    host_id: int
    pool_id: int
    role: str
    drill: bool
    state: str
    plan: Mapping[str, Any]
    steps: list[dict[str, Any]]
    step: int
    because: str
    fix: str
    install_id: str | None
    begun_by: str
    begun_at: float
    changed_at: float
    version: int


def by_id(connection: Connection, recovery_id: str) -> RecoveryRow | None:
    """The recovery with this id."""
    return _one(connection.execute(select(t.recovery).where(t.recovery.c.id == recovery_id)).first())


def newest(connection: Connection, limit: int) -> list[RecoveryRow]:
    """The newest `limit` of them, drills too, the newest first."""
    order = (t.recovery.c.begun_at.desc(), t.recovery.c.id.desc())
    return [_row(row) for row in connection.execute(select(t.recovery).order_by(*order).limit(limit))]


def live_of_pool(connection: Connection, pool_id: int) -> RecoveryRow | None:
    """The recovery of this pool that has not ended."""
    found = select(t.recovery).where(t.recovery.c.pool_id == pool_id, t.recovery.c.drill.is_(False), t.recovery.c.state.in_(LIVE))
    return _one(connection.execute(found).first())


def running(connection: Connection) -> list[RecoveryRow]:
    """Those that go on by themselves, the oldest first."""
    found = select(t.recovery).where(t.recovery.c.drill.is_(False), t.recovery.c.state == "running")
    return [_row(row) for row in connection.execute(found.order_by(t.recovery.c.begun_at))]


def add(connection: Connection, row: RecoveryRow) -> None:
    """Insert a new one. IntegrityError when its pool has a live one already."""
    connection.execute(insert(t.recovery).values({column.name: getattr(row, column.name) for column in t.recovery.columns}))


def forget_drills(connection: Connection, host_id: int, keep: int) -> None:
    """Forget the drills of a host but for its newest `keep`."""
    mine = t.recovery.c.drill.is_(True) & (t.recovery.c.host_id == host_id)
    newest = select(t.recovery.c.id).where(mine).order_by(t.recovery.c.begun_at.desc(), t.recovery.c.id.desc()).limit(keep)
    connection.execute(delete(t.recovery).where(mine, t.recovery.c.id.not_in(newest)))


def advance(connection: Connection, row: RecoveryRow, changes: Mapping[str, Any]) -> bool:
    """Compare and set: apply `changes` if the row is still of the version in which it was read. False: somebody else was first."""
    same = (t.recovery.c.id == row.id) & (t.recovery.c.version == row.version)
    return connection.execute(update(t.recovery).where(same).values(**changes, version=row.version + 1)).rowcount == 1


def unchanged(connection: Connection, row: RecoveryRow) -> bool:
    """Whether the row is still of the version in which it was read."""
    found = by_id(connection, row.id)
    return found is not None and found.version == row.version


def tell(connection: Connection, at: float, row: RecoveryRow, kind: str, data: Mapping[str, Any]) -> None:
    """An event in the record of its host, part of the transaction that it tells of; the worker takes it over."""
    told = {"recovery": row.id, **data}
    values = {"at": at, "install_id": row.install_id or "", "host_id": row.host_id, "kind": f"recovery.{kind}", "data": told}
    connection.execute(insert(t.install_event).values(values))


def _one(row: Row[Any] | None) -> RecoveryRow | None:
    return _row(row) if row is not None else None


def _row(row: Row[Any]) -> RecoveryRow:
    return RecoveryRow(**row._mapping)

"""Queries on joins: one row an install whose host asked to be joined to its pool, changed only by compare-and-set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from pxeserve.store import tables as t

ASKED, JOINING, JOINED, FAILED = "asked", "joining", "joined", "failed"
OPEN = (ASKED, JOINING)


@dataclass(frozen=True, slots=True)
class JoinRow:
    """A join as it stands. Times are epoch seconds; `host_uuid` is the host's in XAPI, "" before it was seen; `step` the last that was
    begun, `because` and `fix` what stands in its way, or stopped it."""

    id: str
    host_id: int
    install_id: str
    pool_id: int
    host_uuid: str
    state: str
    step: str
    because: str
    fix: str
    asked_at: float
    changed_at: float
    version: int


def add(connection: Connection, row: JoinRow) -> None:
    """Insert a new one. IntegrityError when the install has one."""
    connection.execute(insert(t.pool_join).values(asdict(row)))


def of_install(connection: Connection, install_id: str) -> JoinRow | None:
    """The join that an install's host asked for."""
    return _one(connection.execute(select(t.pool_join).where(t.pool_join.c.install_id == install_id)).first())


def newest_of_host(connection: Connection, host_id: int) -> JoinRow | None:
    """The host's newest join."""
    asked = select(t.pool_join).where(t.pool_join.c.host_id == host_id).order_by(t.pool_join.c.asked_at.desc(), t.pool_join.c.id).limit(1)
    return _one(connection.execute(asked).first())


def open_ones(connection: Connection) -> list[JoinRow]:
    """Those that are not over, the oldest first."""
    rows = connection.execute(select(t.pool_join).where(t.pool_join.c.state.in_(OPEN)).order_by(t.pool_join.c.asked_at, t.pool_join.c.id))
    return [JoinRow(**row._mapping) for row in rows]


def hosts_under_way(connection: Connection, pool_id: int) -> list[str]:
    """The names of the hosts that are being joined to a pool, or have asked to be."""
    query = select(t.host.c.name).join(t.pool_join, t.pool_join.c.host_id == t.host.c.id)
    return list(connection.scalars(query.where(t.pool_join.c.pool_id == pool_id, t.pool_join.c.state.in_(OPEN)).order_by(t.host.c.name)))


def newest(connection: Connection, limit: int) -> list[JoinRow]:
    """The newest first."""
    rows = connection.execute(select(t.pool_join).order_by(t.pool_join.c.asked_at.desc(), t.pool_join.c.id).limit(limit))
    return [JoinRow(**row._mapping) for row in rows]


def advance(connection: Connection, row: JoinRow, changes: Mapping[str, Any]) -> bool:
    """Compare and set: apply `changes` if the row is as it was read. False: somebody else was first."""
    same = (t.pool_join.c.id == row.id) & (t.pool_join.c.version == row.version)
    return connection.execute(update(t.pool_join).where(same).values(**changes, version=row.version + 1)).rowcount == 1


def _one(row: Row[Any] | None) -> JoinRow | None:
    return JoinRow(**row._mapping) if row is not None else None

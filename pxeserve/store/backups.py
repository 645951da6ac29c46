"""Queries on backups. What may become one, and which are kept, is judged above; the bytes lie elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from pxeserve.store import tables as t

GOOD, DAMAGED, REFUSED = "good", "damaged", "refused"


@dataclass(frozen=True, slots=True)
class BackupRow:
    """A backup. `kind` is `database` or `host`, `host_id` whose archive a `host` one is; `size` and `sha256` are of the plain bytes. A
    `refused` one is kept as a row alone: `because` says why. A `damaged` one keeps its file, which may be put right: `because` says when
    and how that was found. `holds` is what was read in it (`recovery.backups.dump.Holds`)."""

    id: str
    pool_id: int
    kind: str
    taken_at: float
    size: int
    sha256: str
    state: str
    holds: Mapping[str, Any]
    by: str
    host_id: int | None = None
    because: str = ""


def add(connection: Connection, row: BackupRow) -> None:
    """Write one down."""
    connection.execute(insert(t.backup).values(**asdict(row)))


def backups(connection: Connection, pool_id: int | None = None) -> list[BackupRow]:
    """All backups, or those of a pool; the newest first."""
    query = select(t.backup).order_by(t.backup.c.taken_at.desc(), t.backup.c.id)
    if pool_id is not None:
        query = query.where(t.backup.c.pool_id == pool_id)
    return [BackupRow(**row._mapping) for row in connection.execute(query)]


def backup(connection: Connection, id: str) -> BackupRow | None:
    """The backup with this id."""
    row = connection.execute(select(t.backup).where(t.backup.c.id == id)).first()
    return BackupRow(**row._mapping) if row is not None else None


def newest_good(connection: Connection, pool_id: int, kind: str = "database") -> BackupRow | None:
    """The newest backup of a pool that can be restored."""
    query = select(t.backup).where(t.backup.c.pool_id == pool_id, t.backup.c.kind == kind, t.backup.c.state == GOOD)
    row = connection.execute(query.order_by(t.backup.c.taken_at.desc(), t.backup.c.id).limit(1)).first()
    return BackupRow(**row._mapping) if row is not None else None


def damaged(connection: Connection, pool_id: int) -> list[BackupRow]:
    """The backups of a pool that were found damaged, the newest first."""
    query = select(t.backup).where(t.backup.c.pool_id == pool_id, t.backup.c.state == DAMAGED)
    return [BackupRow(**row._mapping) for row in connection.execute(query.order_by(t.backup.c.taken_at.desc(), t.backup.c.id))]


def turn(connection: Connection, row: BackupRow, state: str, because: str = "") -> bool:
    """Compare and set: it is `state` from now on. False: it is gone, or in another state than the one in which it was read."""
    same = (t.backup.c.id == row.id) & (t.backup.c.state == row.state)
    return connection.execute(update(t.backup).where(same).values(state=state, because=because)).rowcount == 1


def remove(connection: Connection, ids: Collection[str]) -> int:
    """Forget these; how many there were."""
    return connection.execute(delete(t.backup).where(t.backup.c.id.in_(ids))).rowcount


def tell(connection: Connection, at: float, row: BackupRow, kind: str, text: str) -> None:
    """An event in the record of the host whose archive it is, or of the pool's master; part of the transaction that it tells of."""
    master = connection.execute(select(t.pool.c.master_id).where(t.pool.c.id == row.pool_id)).scalar_one()
    values = {"at": at, "install_id": "", "host_id": row.host_id or master, "kind": f"backup.{kind}"}
    connection.execute(insert(t.install_event).values(**values, data={"backup": row.id, "of": row.kind, "text": text}))


def ids(connection: Connection) -> set[str]:
    """The ids of those whose bytes are kept."""
    return set(connection.execute(select(t.backup.c.id).where(t.backup.c.state != REFUSED)).scalars())

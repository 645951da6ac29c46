"""Queries on pools and their members. What a change of them may be is judged above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from ipaddress import IPv4Address
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from pxeserve.domain.pool import Licence, Member, Network, Pool, Storage, StorageKind
from pxeserve.store import tables as t
from pxeserve.store.backups import REFUSED


@dataclass(frozen=True, slots=True)
class PoolRow:
    """A pool as it stands. `secrets` are sealed for it (`recovery.secrets`); None: nobody has given any."""

    id: int
    pool: Pool
    secrets: bytes | None = field(default=None, repr=False)


def pools(connection: Connection) -> list[PoolRow]:
    """All pools, by name."""
    return _read(connection, connection.execute(select(t.pool).order_by(t.pool.c.name)).fetchall())


def pool(connection: Connection, name: str) -> PoolRow | None:
    """The pool called `name`."""
    return next(iter(_read(connection, connection.execute(select(t.pool).where(t.pool.c.name == name)).fetchall())), None)


def pool_by_id(connection: Connection, pool_id: int) -> PoolRow | None:
    """The pool with this row id."""
    return next(iter(_read(connection, connection.execute(select(t.pool).where(t.pool.c.id == pool_id)).fetchall())), None)


def pool_of_host(connection: Connection, host_id: int) -> PoolRow | None:
    """The pool that a host is in."""
    found = connection.execute(select(t.pool_member.c.pool_id).where(t.pool_member.c.host_id == host_id)).scalar()
    return pool_by_id(connection, found) if found is not None else None


def save(connection: Connection, found: Pool, pool_id: int | None = None) -> int:
    """Write `found`, as a new pool or in place of the one with that id; its id. Its hosts must be there and in no other pool."""
    named = [one.host for one in found.members]
    ids = {row.name: row.id for row in connection.execute(select(t.host.c.name, t.host.c.id).where(t.host.c.name.in_(named)))}
    values: dict[str, Any] = {
        "name": found.name, "master_id": ids[found.master], "product": found.product, "version": found.version,
        "address": str(found.address) if found.address else None, "user": found.user,
        "said": {
            "storage": [asdict(one) for one in found.storage],
            "networks": [asdict(one) for one in found.networks],
            "licence": asdict(found.licence),
        },
    }  # fmt: skip
    if pool_id is None:
        made = connection.execute(insert(t.pool).values(values)).inserted_primary_key
        assert made is not None
        pool_id = int(made[0])
    else:
        connection.execute(update(t.pool).where(t.pool.c.id == pool_id).values(values))
        connection.execute(delete(t.pool_member).where(t.pool_member.c.pool_id == pool_id))
    rows = [{**asdict(one), "host_id": ids[one.host], "pool_id": pool_id} for one in found.members]
    connection.execute(insert(t.pool_member), [{name: value for name, value in row.items() if name != "host"} for row in rows])
    return pool_id


def keep_secrets(connection: Connection, pool_id: int, sealed: bytes | None) -> None:
    """Replace what is sealed for a pool."""
    connection.execute(update(t.pool).where(t.pool.c.id == pool_id).values(secrets=sealed))


def keep_fingerprint(connection: Connection, host_id: int, fingerprint: str, now: float) -> None:
    """Note by which certificate (SHA-256, hex) a member's toolstack answers."""
    connection.execute(update(t.pool_member).where(t.pool_member.c.host_id == host_id).values(fingerprint=fingerprint, heard_at=now))


def iqns(connection: Connection) -> dict[str, tuple[str, str]]:
    """The IQN of each host that has one: to the host's name and its pool's."""
    said = (
        select(t.pool_member.c.iqn, t.host.c.name, t.pool.c.name.label("pool"))
        .join(t.host, t.host.c.id == t.pool_member.c.host_id)
        .join(t.pool, t.pool.c.id == t.pool_member.c.pool_id)
        .where(t.pool_member.c.iqn != "")
    )
    return {row.iqn: (row.name, row.pool) for row in connection.execute(said)}


def holders(connection: Connection, host_names: Sequence[str]) -> dict[str, str]:
    """Of these hosts those that are in a pool: to the pool's name."""
    said = (
        select(t.host.c.name, t.pool.c.name.label("pool"))
        .join(t.pool_member, t.pool_member.c.host_id == t.host.c.id)
        .join(t.pool, t.pool.c.id == t.pool_member.c.pool_id)
        .where(t.host.c.name.in_(list(host_names)))
    )
    return {row.name: row.pool for row in connection.execute(said)}


def backups_of(connection: Connection, pool_id: int) -> int:
    """How many backups of a pool are kept; refused ones are no more than a word of why."""
    kept = select(func.count()).select_from(t.backup).where(t.backup.c.pool_id == pool_id, t.backup.c.state != REFUSED)
    return int(connection.execute(kept).scalar_one())


def recovering(connection: Connection, pool_id: int) -> bool:
    """Whether a recovery of one of its hosts is under way, or stopped and not given up."""
    live = t.recovery.c.state.in_(("waiting", "running", "stopped"))
    mine = (t.recovery.c.pool_id == pool_id) & t.recovery.c.drill.is_(False)
    return connection.execute(select(t.recovery.c.id).where(mine, live).limit(1)).first() is not None


def remove(connection: Connection, pool_id: int) -> None:
    """Forget a pool, with the recoveries that are over and what is said of refused backups; its hosts stay. Whether it may go is judged
    above."""
    connection.execute(delete(t.backup).where(t.backup.c.pool_id == pool_id, t.backup.c.state == REFUSED))
    connection.execute(delete(t.recovery).where(t.recovery.c.pool_id == pool_id))
    connection.execute(delete(t.pool).where(t.pool.c.id == pool_id))


def _read(connection: Connection, rows: Sequence[Row[Any]]) -> list[PoolRow]:
    members: dict[int, list[Member]] = {}
    names: dict[int, str] = {}
    said = (
        select(t.pool_member, t.host.c.name)
        .join(t.host, t.host.c.id == t.pool_member.c.host_id)
        .where(t.pool_member.c.pool_id.in_([row.id for row in rows]))
        .order_by(t.host.c.name)
    )
    for row in connection.execute(said):
        names[row.host_id] = row.name
        members.setdefault(row.pool_id, []).append(Member(row.name, row.iqn, row.fingerprint, row.heard_at))
    return [PoolRow(row.id, _pool(row, names[row.master_id], tuple(members.get(row.id, ()))), row.secrets) for row in rows]


def _pool(row: Row[Any], master: str, members: tuple[Member, ...]) -> Pool:
    storage = tuple(Storage(**{**one, "kind": StorageKind(one["kind"]), "hosts": tuple(one["hosts"])}) for one in row.said["storage"])
    networks = tuple(Network(**one) for one in row.said["networks"])
    address = IPv4Address(row.address) if row.address else None
    return Pool(row.name, master, members, row.product, row.version, storage, networks, Licence(**row.said["licence"]), row.user, address)

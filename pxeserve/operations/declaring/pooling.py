"""The pools of a declared site. A pool lets go of hosts before any is removed, and takes new ones in once they are there.

Refuses to know what a pool may be; that is `inventory.pools` and `inventory.pooled`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

from sqlalchemy import Connection

from pxeserve.domain.pool import Pool
from pxeserve.errors import ConflictError
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.difference import difference, flat
from pxeserve.operations.inventory.pools import refuse_if_needed, save
from pxeserve.operations.inventory.scenarios import tables
from pxeserve.store import pools

Pointing = Callable[[str], AbstractContextManager[None]]


def prune_pools(connection: Connection, wanted: Mapping[str, Pool]) -> list[str]:
    """Forget the pools that are not `wanted`, but for those that a recovery or backups need; a line each."""
    lines: list[str] = []
    for row in pools.pools(connection):
        if row.pool.name in wanted:
            continue
        try:
            refuse_if_needed(connection, row)
        except ConflictError as error:
            lines.append(f"= pool {row.pool.name}: kept, {error.message.partition(': ')[2]}")
            continue
        pools.remove(connection, row.id)
        lines.append(f"- pool {row.pool.name}")
    return lines


def let_go(connection: Connection, wanted: Mapping[str, Pool]) -> dict[str, Pool]:
    """Take hosts out of the pools that no longer have them, so that another pool may, or nobody. What these pools were, by name."""
    before: dict[str, Pool] = {}
    for row in pools.pools(connection):
        pool = row.pool
        after = wanted.get(pool.name)
        if after is None:
            continue
        before[pool.name] = pool
        stay = {*after.hosts, *({pool.master} if pool.member(after.master) is None else ())}
        if not stay >= set(pool.hosts):
            master = after.master if pool.member(after.master) else pool.master
            pools.save(connection, replace(pool, master=master, members=tuple(one for one in pool.members if one.host in stay)), row.id)
    return before


def put_pools(
    context: Context, connection: Connection, wanted: Mapping[str, Pool], before: Mapping[str, Pool], pointing: Pointing
) -> tuple[list[Pool], list[str]]:
    """Store the pools that change, once all hosts are there; they, and a line each."""
    changed: list[Pool] = []
    lines: list[str] = []
    rows = {row.pool.name: row for row in pools.pools(connection)}
    for name, pool in wanted.items():
        had = before.get(name)
        if had is not None:
            pool = replace(pool, members=tuple(replace(had.member(one.host) or one, iqn=one.iqn) for one in pool.members))
            if pool == had:
                continue
        with pointing(f"pool {name}"):
            row = rows.get(name)
            save(context, connection, pool, replace(row, pool=had) if row is not None and had is not None else row)
        changed.append(pool)
        lines.append(difference("pool", name, _flat(had) if had else None, _flat(pool)))
    return changed, lines


def _flat(pool: Pool) -> dict[str, str]:
    found = tables(pool)
    plainly = {f"members.{name}": "in it" for name, one in found["members"].items() if not one}
    return flat({key: value for key, value in found.items() if key != "name"}) | plainly

"""Joins of newly installed hosts to their pools, and how a pool stands now: what people look at when a host does not come back into it."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection

from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError
from pxeserve.keys import load_keys
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.pools import known
from pxeserve.operations.registry import verb
from pxeserve.recovery import looking, xapi
from pxeserve.recovery.addressing import give_static
from pxeserve.recovery.joining import again as taken_up
from pxeserve.recovery.reaching import address_of
from pxeserve.recovery.secrets import open_secrets
from pxeserve.store import audit, inventory, joins, pools
from pxeserve.store.joins import JoinRow

MOST = 200
"""Joins that are listed."""

_SECONDS = 5.0


@verb("join.list", role=Role.VIEWER)
def list_joins(context: Context) -> list[dict[str, Any]]:
    """The newest joins: whose, to which pool, how far, and what stands in the way."""
    with context.store.site.read() as connection:
        return [_described(connection, row) for row in joins.newest(connection, MOST)]


@verb("join.again", role=Role.OPERATOR)
def again(context: Context, *, host: str) -> dict[str, Any]:
    """Take up the newest join of a host again, when what stopped it was mended."""
    now = time.time()
    with context.store.site.write() as connection:
        found = inventory.host(connection, host.strip().lower())
        row = joins.newest_of_host(connection, found.id) if found is not None else None
        if found is None or row is None:
            raise NotFoundError(f"host {host[:60]} has asked for no join", fix="pxeserve join list shows who has")
        row = taken_up(connection, row, now)
        audit.append(connection, now, context.actor.name, "join.again", found.name)
        return _described(connection, row)


@verb("pool.status", role=Role.VIEWER)
def status(context: Context, *, name: str) -> dict[str, Any]:
    """Ask a pool how it stands: its master, who is enabled and lives, what each runs, and what differs from the record."""
    with context.store.site.read() as connection:
        row = known(connection, name)
        found = ((host, inventory.host(connection, host)) for host in row.pool.hosts)
        reached = {host: address_of(connection, one) for host, one in found if one is not None}
    addresses = {host: str(address) for host, address in reached.items() if address is not None}
    password = open_secrets(row, load_keys(context.config.server.data)).password
    stands = looking.look(row.pool, looking.Way(addresses, password))
    return {
        "pool": row.pool.name,
        "asked": not stands.trouble,
        "trouble": stands.trouble,
        "fix": stands.fix,
        "ha": stands.ha,
        "hosts": [
            {
                "host": one.host, "recorded": one.recorded, "listed": one.listed, "master": one.master, "enabled": one.enabled,
                "live": one.live, "runs": one.runs, "wrong": list(one.wrong),
            }
            for one in stands.hosts
        ],
    }  # fmt: skip


@verb("pool.certificate", role=Role.OPERATOR, changes=False)
def certificate(context: Context, *, name: str, host: str) -> dict[str, Any]:
    """The certificate by which a host of a pool answers now, to be compared with what the host itself shows before it is trusted."""
    with context.store.site.read() as connection:
        row = known(connection, name)
        member = row.pool.member(host.strip().lower())
        found = inventory.host(connection, member.host) if member is not None else None
        address = address_of(connection, found) if found is not None else None
    if member is None:
        raise NotFoundError(f"host {host[:60]} is not in pool {row.pool.name}", fix=f"its hosts: {', '.join(row.pool.hosts)}")
    if address is None:
        raise NotFoundError(f"host {member.host} has no static address", fix=give_static(member.host))
    shown = xapi.shown(str(address), xapi.PORT, seconds=_SECONDS)
    return {
        "host": member.host, "address": str(address), "fingerprint": shown.fingerprint, "subject": shown.subject, "begins": shown.begins,
        "ends": shown.ends, "tls": shown.tls, "known": member.fingerprint or None, "same": shown.fingerprint == member.fingerprint,
    }  # fmt: skip


def _described(connection: Connection, row: JoinRow) -> dict[str, Any]:
    host, pool = inventory.host_by_id(connection, row.host_id), pools.pool_by_id(connection, row.pool_id)
    return {
        "id": row.id,
        "host": host.name if host is not None else "",
        "pool": pool.pool.name if pool is not None else "",
        "install": row.install_id,
        "state": row.state,
        "step": row.step,
        "because": row.because,
        "fix": row.fix,
        "asked_at": row.asked_at,
        "changed_at": row.changed_at,
    }

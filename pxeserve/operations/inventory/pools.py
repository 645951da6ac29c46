"""Pools: which hosts belong together, who leads them, and the storage and networks that they share. Recovery goes by them.

Their passwords are given by `pool.secret`, and shown by nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from pxeserve.domain.pool import Member, Pool
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError
from pxeserve.keys import load_keys
from pxeserve.operations.context import Context
from pxeserve.operations.inventory import scenarios
from pxeserve.operations.inventory.backed import overdue
from pxeserve.operations.inventory.changing import last_change
from pxeserve.operations.inventory.inherited import Inherited
from pxeserve.operations.inventory.pooled import refuse_if_joining
from pxeserve.operations.registry import verb
from pxeserve.operations.words import pooling
from pxeserve.operations.words.revisions import refuse_stale, revision_of
from pxeserve.operations.words.settings import settings
from pxeserve.recovery.reaching import static_address
from pxeserve.recovery.secrets import Secrets, open_secrets, seal_secrets
from pxeserve.snapshot import layers
from pxeserve.store import audit, installs, inventory, pools
from pxeserve.store.pools import PoolRow

_Secret = Annotated[str, Field(max_length=255)]


@verb("pool.add", role=Role.OPERATOR)
def add(
    context: Context, *, name: str, master: str, add: list[str] | None = None, set: list[str] | None = None
) -> dict[str, Any]:
    """Make a pool of `master` and the hosts of `add`. `set` holds KEY=VALUE: `product`, `version`, `iqn.HOST`, `storage.NAME.KEY`,
    `networks.NAME.KEY`, `licence.KEY`, `address`, `user`."""
    bare = scenarios.pool_of({"name": name, "master": master, "members": [{"host": one} for one in _names([master, *(add or [])])]})
    pool = scenarios.changed(bare, settings(set or []))
    with context.store.site.write() as connection:
        if pools.pool(connection, pool.name):
            raise ConflictError(f"there is already a pool {pool.name}", fix=f"pxeserve pool set {pool.name} changes it")
        row = save(context, connection, pool, None)
        Inherited(connection, context.config.server.data).check_pool(pool)
        audit.append(connection, time.time(), context.actor.name, "pool.add", pool.name)
        return edited(context, connection, row)


@verb("pool.list", role=Role.VIEWER)
def list_pools(context: Context) -> list[dict[str, Any]]:
    """All pools, by name."""
    with context.store.site.read() as connection:
        return [described(row.pool) for row in pools.pools(connection)]


@verb("pool.show", role=Role.VIEWER)
def show(context: Context, *, name: str) -> dict[str, Any]:
    """One pool: its hosts with where they answer and how they stand, its storage and networks, and which passwords were given."""
    with context.store.site.read() as connection:
        return edited(context, connection, known(connection, name))


@verb("pool.set", role=Role.OPERATOR)
def set_pool(
    context: Context, *, name: str, master: str | None = None, add: list[str] | None = None, drop: list[str] | None = None,
    set: list[str] | None = None, revision: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Change a pool: hosts come in (`add`) and go (`drop`), another one leads it, KEY=VALUE sets, KEY= takes away. Raises StaleError when
    `revision` is said and it is another one by now."""
    with context.store.site.write() as connection:
        row = known(connection, name)
        refuse_other(context, connection, row, revision)
        pool = scenarios.changed(_with_members(row.pool, master, add or [], drop or []), settings(set or []))
        after = save(context, connection, pool, row)
        Inherited(connection, context.config.server.data).check_pool(pool)
        audit.append(connection, time.time(), context.actor.name, "pool.set", name)
        return edited(context, connection, after)


@verb("pool.remove", role=Role.OPERATOR)
def remove(context: Context, *, name: str, revision: str | None = None) -> dict[str, Any]:
    """Forget a pool and its passwords, as it was at `revision` where that is said; its hosts stay. Refused while a recovery of it or
    a join to it is under way, and while backups of it are kept."""
    with context.store.site.write() as connection:
        row = known(connection, name)
        refuse_other(context, connection, row, revision)
        refuse_if_needed(connection, row)
        pools.remove(connection, row.id)
        audit.append(connection, time.time(), context.actor.name, "pool.remove", name)
    return {"removed": name}


@verb("pool.secret", role=Role.ADMIN, fresh=True)
def secret(context: Context, *, name: str, password: _Secret, storage: str | None = None) -> dict[str, Any]:
    """Keep the password of the pool's user, or, for a storage, its CHAP password; an empty one is forgotten. It is sealed, and shown by
    nothing."""
    if not password.isprintable():
        raise PxeserveError(f"pool {name}: a password of printable characters on one line is needed")
    with context.store.site.write() as connection:
        row = known(connection, name)
        keys = load_keys(context.config.server.data)
        before = _readable(context, row)
        if storage is None:
            after = replace(before, password=password)
        else:
            _asks_for_chap(row.pool, storage)
            others = {one: said for one, said in before.chap.items() if one != storage}
            after = replace(before, chap={**others, storage: password} if password else others)
        pools.keep_secrets(connection, row.id, seal_secrets(after, row.id, keys))
        audit.append(connection, time.time(), context.actor.name, "pool.secret", name)
        return edited(context, connection, known(connection, name))


@verb("pool.trust", role=Role.ADMIN, fresh=True)
def trust(context: Context, *, name: str, host: str, fingerprint: str) -> dict[str, Any]:
    """Say by which certificate (SHA-256, hex) a host's toolstack answers, for a host that was not installed from here; empty: it is not
    known. Passwords go to nobody else."""
    said = pooling.fingerprint(fingerprint) if fingerprint else ""
    with context.store.site.write() as connection:
        row = known(connection, name)
        found = inventory.host(connection, host.lower())
        if found is None or row.pool.member(found.name) is None:
            raise NotFoundError(f"pool {name}: host {host} is not in it", fix=f"it has {', '.join(row.pool.hosts)}")
        pools.keep_fingerprint(connection, found.id, said, time.time())
        audit.append(connection, time.time(), context.actor.name, "pool.trust", name)
        return edited(context, connection, known(connection, name))


def known(connection: Connection, name: str) -> PoolRow:
    """The pool called `name`. Raises NotFoundError."""
    found = pools.pool(connection, name)
    if found is None:
        raise NotFoundError(f"there is no pool {name[:64]}", fix="pxeserve pool list shows them all")
    return found


def save(context: Context, connection: Connection, pool: Pool, before: PoolRow | None) -> PoolRow:
    """Store `pool`, new or in place of `before`: its hosts are there and in no other pool, its IQNs nobody else's. Passwords for what it no
    longer asks in the same way are forgotten. Raises PxeserveError."""
    for name in pool.hosts:
        if inventory.host(connection, name) is None:
            raise NotFoundError(f"pool {pool.name}: there is no host {name}", fix="pxeserve host list shows them all")
    for host, other in sorted(pools.holders(connection, pool.hosts).items()):
        if other != pool.name:
            raise ConflictError(f"pool {pool.name}: host {host} is in pool {other}", fix=f"pxeserve pool set {other} --drop {host} first")
    taken = pools.iqns(connection)
    for one in pool.members:
        owner = taken.get(one.iqn)
        if owner is not None and owner[1] != pool.name:
            raise ConflictError(f"pool {pool.name}: host {one.host}: IQN {one.iqn} is host {owner[0]}'s, of pool {owner[1]}")
    if before is not None:
        refuse_if_joining(connection, pool.name, before.id, pool.hosts)
    pool_id = pools.save(connection, pool, before.id if before else None)
    if before is not None and before.secrets is not None:
        had = _readable(context, before)
        kept = _still_asked(had, before.pool, pool)
        if kept != had:
            pools.keep_secrets(connection, pool_id, seal_secrets(kept, pool_id, load_keys(context.config.server.data)))
    found = pools.pool_by_id(connection, pool_id)
    assert found is not None
    return found


def refuse_if_needed(connection: Connection, row: PoolRow) -> None:
    """Raise ConflictError while a recovery, a join or backups need the pool."""
    name = row.pool.name
    refuse_if_joining(connection, name, row.id)
    if pools.recovering(connection, row.id):
        raise ConflictError(f"pool {name}: a recovery of one of its hosts is under way", fix="end it, or give it up, first")
    count = pools.backups_of(connection, row.id)
    if count:
        raise ConflictError(f"pool {name}: {count} backup{'s' * (count > 1)} of it would be lost", fix="remove those first")


def described(pool: Pool) -> dict[str, Any]:
    """A pool in short."""
    return {
        "name": pool.name, "master": pool.master, "hosts": list(pool.hosts), "product": pool.product, "version": pool.version,
        "address": str(pool.address) if pool.address else None, "user": pool.user,
        "storage": [
            {"name": one.name, "kind": str(one.kind), "shared": one.shared, "default": one.default, "device": one.device,
             "hosts": list(one.hosts), "server": one.server, "path": one.path, "target": one.target, "target_iqn": one.target_iqn,
             "scsi_id": one.scsi_id, "chap_user": one.chap_user}
            for one in pool.storage
        ],
        "networks": [{"name": one.name, "device": one.device, "vlan": one.vlan} for one in pool.networks],
        "licence": {"edition": pool.licence.edition, "server": pool.licence.server, "port": pool.licence.port},
    }  # fmt: skip


def edited(context: Context, connection: Connection, row: PoolRow) -> dict[str, Any]:
    """A pool with its hosts, its revision, and what is worth knowing."""
    pool, said, secrets = row.pool, layers(connection), _readable(context, row)
    inherited = Inherited(connection, context.config.server.data)
    hosts = {name: host for name in pool.hosts if (host := inventory.host(connection, name))}
    newest = installs.newest_by_host(connection, [host.id for host in hosts.values()])
    members = []
    for name in pool.hosts:
        host, one = hosts[name], pool.member(name) or Member(name)
        address, install = static_address(said, host), newest.get(host.id)
        members.append({
            "host": name, "master": name == pool.master, "iqn": one.iqn, "address": str(address) if address else None,
            "state": str(install.state) if install else "idle", "profile": host.profile, "fingerprint": one.fingerprint or None,
            "heard_at": one.heard_at,
        })  # fmt: skip
    return {
        **described(pool), "members": members, "password": bool(secrets.password), "chap": sorted(secrets.chap),
        "notes": [*inherited.notes_of_pool(pool), *_missing(pool, secrets), *overdue(context, connection, row)],
        "revision": revision_of(context.config.server.data, _fields(pool)),
    }  # fmt: skip


def refuse_other(context: Context, connection: Connection, row: PoolRow, revision: str | None) -> None:
    """Raise StaleError when `revision` is said, and the pool is another one by now."""
    data, name = context.config.server.data, row.pool.name
    refuse_stale(data, f"pool {name}", _fields(row.pool), revision, lambda: last_change(connection, "pool", name))


def _fields(pool: Pool) -> Mapping[str, Any]:
    """All that people edit of a pool, each storage, network and host by itself."""
    return scenarios.tables(pool)


def _with_members(pool: Pool, master: str | None, added: list[str], dropped: list[str]) -> Pool:
    gone, leads = _names(dropped), master.lower() if master else pool.master
    for host in gone:
        if pool.member(host) is None:
            raise NotFoundError(f"pool {pool.name}: host {host} is not in it", fix=f"it has {', '.join(pool.hosts)}")
        if host == leads:
            raise ConflictError(f"pool {pool.name}: host {host} is its master", fix="make another host its master: --master HOST")
    members = [one for one in pool.members if one.host not in gone]
    new = [Member(host) for host in _names(added) if pool.member(host) is None]
    return replace(pool, master=leads, members=(*members, *new))


def _names(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(text.strip().lower() for text in texts))


def _asks_for_chap(pool: Pool, storage: str) -> None:
    found = next((one for one in pool.storage if one.name == storage), None)
    if found is None:
        raise NotFoundError(f"pool {pool.name}: it has no storage {storage}", fix=f"pxeserve pool show {pool.name} shows them all")
    if not found.chap_user:
        fix = f"pxeserve pool set {pool.name} --set 'storage.{storage}.chap_user=USER'"
        raise PxeserveError(f"pool {pool.name}: storage {storage} asks for no CHAP user", fix=fix)


def _still_asked(secrets: Secrets, before: Pool, after: Pool) -> Secrets:
    """Passwords go to whom they were given for: another user, another target, and they are given anew."""
    asks = {one.name: (one.target, one.target_iqn, one.chap_user) for one in after.storage}
    same = {one.name for one in before.storage if asks.get(one.name) == (one.target, one.target_iqn, one.chap_user)}
    password = secrets.password if before.user == after.user else ""
    return Secrets(password, {name: said for name, said in secrets.chap.items() if name in same})


def _missing(pool: Pool, secrets: Secrets) -> list[str]:
    """What recovery would need and nobody has given."""
    found = []
    if not secrets.password:
        found.append(f"the password of {pool.user} is not given: no host can be joined to it (pxeserve pool secret {pool.name})")
    for one in pool.storage:
        if one.chap_user and one.name not in secrets.chap:
            said = f"storage {one.name} asks for CHAP user {one.chap_user}, and no password is given"
            found.append(f"{said} (pxeserve pool secret {pool.name} --storage '{one.name}')")
    master = pool.member(pool.master)
    if master is not None and not master.fingerprint:
        said = f"the certificate of its master {pool.master} is not known, and a password is sent to no other"
        found.append(f"{said} (pxeserve pool trust {pool.name} {pool.master} SHA256)")
    return found


def _readable(context: Context, row: PoolRow) -> Secrets:
    """Its passwords; none when they cannot be opened any more: then they are to be given again."""
    try:
        return open_secrets(row, load_keys(context.config.server.data))
    except PxeserveError:
        return Secrets()

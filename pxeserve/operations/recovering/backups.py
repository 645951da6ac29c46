"""Backups of pools: taken in, looked at, checked, given back, removed. What one holds is shown to everybody; its bytes to administrators
alone, who give their password first."""

from __future__ import annotations

import base64
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError
from pxeserve.operations.context import Context, Progress
from pxeserve.operations.inventory.hosts import known as known_host
from pxeserve.operations.inventory.pools import known as known_pool
from pxeserve.operations.recovering.piping import piped
from pxeserve.operations.registry import verb
from pxeserve.recovery.backups import taking
from pxeserve.recovery.backups.giving import given
from pxeserve.recovery.backups.pruning import erase
from pxeserve.recovery.backups.taking import Coming, Kind
from pxeserve.recovery.backups.vault import Stream
from pxeserve.recovery.backups.whose import too_new
from pxeserve.recovery.reaching import address_of
from pxeserve.store import audit, inventory
from pxeserve.store import backups as store
from pxeserve.store.backups import REFUSED, BackupRow
from pxeserve.store.pools import PoolRow, pools

MOST_BY_TOKENS = 2
"""Backups that come at once by tokens made for it."""


@verb("backup.list", role=Role.VIEWER)
def list_backups(context: Context, *, pool: str | None = None) -> list[dict[str, Any]]:
    """Backups of all pools or of one, the newest first; those that were refused too, which are rows alone."""
    with context.store.site.read() as connection:
        wanted = known_pool(connection, pool.strip()).id if pool is not None else None
        names = _Names(connection)
        return [names.told(row) for row in store.backups(connection, wanted)]


@verb("backup.show", role=Role.VIEWER)
def show(context: Context, *, id: str) -> dict[str, Any]:
    """One backup, and what it holds."""
    with context.store.site.read() as connection:
        return _Names(connection).told(_known(connection, id))


@verb("backup.add", role=Role.OPERATOR)
def add(
    context: Context,
    *,
    pool: str,
    kind: Kind = "database",
    host: str | None = None,
    stream: Stream | None = None,
    pipe: str | None = None,
    length: int | None = None,
    another: bool = False,
) -> dict[str, Any]:
    """Take a backup of `pool` in: the bytes of `stream`, or of the named pipe `pipe` in the service's own folder. `host` says whose archive
    one of the kind `host` is. `another` takes a database though it is another pool's. One at a time of each pool."""
    if (stream is None) == (pipe is None):
        raise PxeserveError("backup.add: the bytes come by a stream or a pipe", fix="pxeserve backup add FILE --pool NAME")
    if (host is not None) != (kind == "host"):
        raise PxeserveError("host: whose archive a backup of the kind `host` is, and of no other", fix="say --kind host --host NAME")
    with context.store.site.read() as connection:
        found = known_pool(connection, pool.strip())
        owner = known_host(connection, host).id if host is not None else None
        if host is not None and found.pool.member(host.strip().lower()) is None:
            raise PxeserveError(
                f"{host} is no host of {found.pool.name}", code="refused", fix=f"its hosts are {', '.join(found.pool.hosts)}"
            )
        addresses = _addresses(connection, found)
    by = context.actor.name
    coming = Coming(found.id, found.pool.name, kind, by, found.pool.hosts, addresses, owner, length, another)
    with _underway.one(found, context.actor.key if context.actor.limit is not None else ""):
        if pipe is not None:
            with piped(context, pipe) as opened:
                row = taking.take(context.store, context.config, coming, opened, time.time())
        else:
            assert stream is not None
            row = taking.take(context.store, context.config, coming, stream, time.time())
    with context.store.site.read() as connection:
        return _Names(connection).told(row)


@verb("backup.check", role=Role.OPERATOR, changes=False)
def check(context: Context, *, id: str) -> dict[str, Any]:
    """Read every byte of a backup again and compare; one that was damaged is good again when all are as they came. Raises ConflictError
    for one that is damaged."""
    with context.store.site.read() as connection:
        row = kept(connection, id)
    done = 0
    for piece in given(context.store, context.config, row):
        done += len(piece)
        context.report(Progress(done, row.size, f"reading {row.id}"))
    return {"id": row.id, "bytes": done, "sha256": row.sha256, "state": "good"}


@verb("backup.get", role=Role.ADMIN, fresh=True, changes=False)
def get(context: Context, *, id: str) -> Iterator[dict[str, Any]]:
    """The bytes of a backup, piece by piece: `content` in base64, `at` which byte, `size` of how many."""
    done = 0
    size, pieces = opened(context, id)
    for piece in pieces:
        yield {"at": done, "size": size, "content": base64.b64encode(piece).decode()}
        done += len(piece)


@verb("backup.remove", role=Role.ADMIN)
def remove(context: Context, *, id: str) -> dict[str, Any]:
    """Forget a backup with its bytes."""
    now = time.time()
    with context.store.site.write() as connection:
        row = _known(connection, id)
        pool = _Names(connection).pool(row)
        store.remove(connection, [id])
        audit.append(connection, now, context.actor.name, "backup.remove", row.id, f"{row.kind} of {pool}")
        store.tell(connection, now, row, "removed", f"backup {row.id} of {pool} is removed by {context.actor.name}")
    erase(context.config, [row])
    return {"removed": id}


def opened(context: Context, id: str) -> tuple[int, Iterator[bytes]]:
    """How many bytes a backup has, and they themselves; the audit was told. Each piece is checked before it is given, the first one here:
    what cannot be read at all is an error before anything is said, and no line of the audit."""
    with context.store.site.read() as connection:
        row = kept(connection, id)
    pieces = given(context.store, context.config, row)
    first = next(pieces)
    with context.store.site.write() as connection:
        audit.append(connection, time.time(), context.actor.name, "backup.get", row.id, f"{row.kind} of {_Names(connection).pool(row)}")
    return row.size, itertools.chain((first,), pieces)


class _Underway:
    """Which backups come now: one of each pool, and few by tokens. Safe among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pools: set[int] = set()
        self._tokens = 0

    @contextmanager
    def one(self, found: PoolRow, token: str) -> Iterator[None]:
        """One comes. Raises PxeserveError (`busy`, `too-many`)."""
        with self._lock:
            if found.id in self._pools:
                raise PxeserveError(f"a backup of {found.pool.name} comes already", code="busy", fix="send this one when that has ended")
            if token and self._tokens >= MOST_BY_TOKENS:
                raise PxeserveError(f"{MOST_BY_TOKENS} backups come already", code="too-many", fix="send this one in a while")
            self._pools.add(found.id)
            self._tokens += bool(token)
        try:
            yield
        finally:
            with self._lock:
                self._pools.discard(found.id)
                self._tokens -= bool(token)


_underway = _Underway()


class _Names:
    """How rows are told: with the names of what they point at, and what no medium installs."""

    def __init__(self, connection: Connection) -> None:
        self._pools = {row.id: row.pool.name for row in pools(connection)}
        self._hosts = {host.id: host.name for host in inventory.hosts(connection)}
        self._media = [(medium.product, medium.version) for medium in inventory.media(connection)]

    def pool(self, row: BackupRow) -> str:
        """The name of its pool."""
        return self._pools.get(row.pool_id, "")

    def told(self, row: BackupRow) -> dict[str, Any]:
        """A backup, without its bytes."""
        return {
            "id": row.id,
            "pool": self.pool(row),
            "kind": row.kind,
            "host": self._hosts.get(row.host_id, "") if row.host_id is not None else "",
            "taken_at": row.taken_at,
            "size": row.size,
            "sha256": row.sha256,
            "state": row.state,
            "because": row.because,
            "by": row.by,
            "holds": row.holds,
            "note": too_new(row.holds, self._media) if row.holds else "",
        }


def _known(connection: Connection, id: str) -> BackupRow:
    row = store.backup(connection, id)
    if row is None:
        raise NotFoundError(f"there is no backup {id[:64]}", fix="pxeserve backup list shows them all")
    return row


def kept(connection: Connection, id: str) -> BackupRow:
    """A backup of which there are bytes. Raises NotFoundError, and ConflictError for one that was refused."""
    row = _known(connection, id)
    if row.state == REFUSED:
        raise ConflictError(f"backup {id} was refused, and none of it was kept: {row.because}", fix="take another: pxeserve backup list")
    return row


def _addresses(connection: Connection, found: PoolRow) -> list[str]:
    """Where the pool and its hosts answer, as far as that is known, inherited addresses too."""
    hosts = [host for name in found.pool.hosts if (host := inventory.host(connection, name)) is not None]
    return [str(one) for one in (found.pool.address, *(address_of(connection, host) for host in hosts)) if one]

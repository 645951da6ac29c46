"""Takes a backup in: its bytes go into the vault while they are read, so that what is kept is what was looked at; then its row, and what is
too old by then goes. What is no backup of that pool leaves a row that says why, and none of its bytes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection

from pxeserve.config import Config
from pxeserve.errors import PxeserveError
from pxeserve.keys import backup_key
from pxeserve.recovery.backups.archive import Archive
from pxeserve.recovery.backups.dump import Dump
from pxeserve.recovery.backups.retention import surplus
from pxeserve.recovery.backups.vault import FOLDER, Kept, Stream, Vault, new_id
from pxeserve.recovery.backups.whose import foreign
from pxeserve.store import Store, audit
from pxeserve.store import backups as store
from pxeserve.store.backups import GOOD, REFUSED, BackupRow

Kind = Literal["database", "host"]


@dataclass(frozen=True, slots=True)
class Coming:
    """A backup that is to come: of which pool (row id), and of which host where it is one's archive. `names` and `addresses` are those of
    the pool's hosts; `another` takes it though it is of another pool; `length` bytes, None where nobody has said."""

    pool_id: int
    pool: str
    kind: Kind
    by: str
    names: Collection[str]
    addresses: Collection[str]
    host_id: int | None = None
    length: int | None = None
    another: bool = False


def vault_of(config: Config) -> Vault:
    """Where backups lie. Raises PxeserveError when its key cannot be read."""
    return Vault(config.server.data / FOLDER, backup_key(config.server.data))


def take(database: Store, config: Config, coming: Coming, stream: Stream, now: float) -> BackupRow:
    """Take it in, whole or not at all. Raises PxeserveError for one that is refused, which is a row and a line of the audit by then, and
    for one that cannot be kept now, which is neither."""
    vault, id = vault_of(config), new_id()
    with database.site.read() as connection:
        vault.sweep(store.ids(connection), now)
    reading = Dump() if coming.kind == "database" else Archive()
    row = BackupRow(id, coming.pool_id, coming.kind, now, 0, "", GOOD, {}, coming.by, coming.host_id)
    try:
        kept = vault.keep(id, stream, coming.length, config.backups.most(coming.kind), reading.look)
        holds = _judged(database, coming, reading)
    except PxeserveError as error:
        vault.remove(id)
        if error.code in ("malformed", "refused"):
            _note(database, config, replace(row, state=REFUSED, because=error.message), coming.pool)
        raise
    except BaseException:
        vault.remove(id)
        raise
    return _note(database, config, _whole(row, kept, holds), coming.pool)


def remove(connection: Connection, vault: Vault, row: BackupRow) -> None:
    """Forget a backup. Its file goes first: what is left by a kill in between is a row that `backup.check` finds damaged, and not bytes
    that nobody knows of."""
    with suppress(OSError):
        vault.remove(row.id)
    store.remove(connection, [row.id])


def _whole(row: BackupRow, kept: Kept, holds: Mapping[str, Any]) -> BackupRow:
    return replace(row, size=kept.size, sha256=kept.sha256, holds=holds)


def _judged(database: Store, coming: Coming, reading: Dump | Archive) -> dict[str, Any]:
    """What it holds. Raises PxeserveError for one that is cut, or another pool's."""
    if isinstance(reading, Archive):
        reading.end()
        return {}
    found = reading.end()
    with database.site.read() as connection:
        before = store.newest_good(connection, coming.pool_id)
    why = "" if coming.another else foreign(found, before.holds if before is not None else None, coming.names, coming.addresses)
    if why:
        fix = "send it for the pool that it is of; if it is this one all the same: --another"
        raise PxeserveError(f"the backup is not of {coming.pool}: {why}", code="refused", fix=fix)
    return found.plain()


def _note(database: Store, config: Config, row: BackupRow, pool: str) -> BackupRow:
    vault, kept = vault_of(config), config.backups
    with database.site.write() as connection:
        store.add(connection, row)
        said = f"{row.kind} of {pool}, {row.size} bytes" if row.state == GOOD else f"{row.kind} of {pool}: {row.because}"
        audit.append(connection, row.taken_at, row.by, "backup.add" if row.state == GOOD else "backup.refuse", row.id, said)
        for old in surplus(store.backups(connection, row.pool_id, row.kind), kept.keep, kept.days, row.taken_at):
            remove(connection, vault, old)
            audit.append(connection, row.taken_at, "pxeserve", "backup.prune", old.id, f"{old.kind} of {pool}")
    return row

"""Takes a backup in: its bytes go into the vault while they are read, so that what is kept is what was looked at; then its row, and what is
too old by then goes. What is no backup of that pool leaves a row that says why, and none of its bytes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pxeserve.config import Config
from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.keys import BACKUP_KEY, NO_BACKUP_KEY, backup_key
from pxeserve.recovery.backups.archive import Archive
from pxeserve.recovery.backups.dump import Dump
from pxeserve.recovery.backups.pruning import erase, prune
from pxeserve.recovery.backups.vault import FOLDER, Kept, Stream, Vault, new_id, remove, sweep
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
    """Where backups lie. Raises PxeserveError when its key cannot be read; a new one is not made beside backups that need another."""
    folder, key = config.server.data / FOLDER, config.server.data / "keys" / BACKUP_KEY
    if not key.exists() and any(folder.glob("*.enc")):
        raise ConflictError(f"{key} is missing, and the backups that are kept are encrypted under it", fix=NO_BACKUP_KEY)
    return Vault(folder, backup_key(config.server.data))


def take(database: Store, config: Config, coming: Coming, stream: Stream, now: float) -> BackupRow:
    """Take it in, whole or not at all. Raises PxeserveError for one that is refused, which is a row and a line of the audit by then, and
    for one that cannot be kept now, which is neither."""
    vault, id = vault_of(config), new_id()
    with database.site.read() as connection:
        sweep(vault.folder, store.ids(connection), now)
    reading = Dump() if coming.kind == "database" else Archive()
    row = BackupRow(id, coming.pool_id, coming.kind, now, 0, "", GOOD, {}, coming.by, coming.host_id)
    try:
        kept = vault.keep(id, stream, coming.length, config.backups.most(coming.kind), reading.look)
        holds = _judged(database, coming, reading)
    except PxeserveError as error:
        remove(vault.folder, id)
        if error.code in ("malformed", "refused"):
            _note(database, config, replace(row, state=REFUSED, because=error.message), coming.pool)
        raise
    except BaseException:
        remove(vault.folder, id)
        raise
    return _note(database, config, _whole(row, kept, holds), coming.pool)


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
    good = row.state == GOOD
    with database.site.write() as connection:
        store.add(connection, row)
        said = f"{row.kind} of {pool}, {row.size} bytes" if good else f"{row.kind} of {pool}: {row.because}"
        audit.append(connection, row.taken_at, row.by, "backup.add" if good else "backup.refuse", row.id, said)
        text = f"backup {row.id} of {pool} is kept: {row.size} bytes" if good else f"a backup of {pool} was refused: {row.because}"
        store.tell(connection, row.taken_at, row, "taken" if good else "refused", text)
        gone = prune(connection, config, row.pool_id, pool, row.taken_at)
    erase(config, gone)
    return row

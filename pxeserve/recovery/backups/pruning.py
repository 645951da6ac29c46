"""Lets go of the backups of a pool that are too many or too old; each is a line of the audit and an event. Never the newest good one of a
kind, nor of a host."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Connection

from pxeserve.config import Config
from pxeserve.recovery.backups import vault
from pxeserve.recovery.backups.retention import surplus
from pxeserve.store import audit
from pxeserve.store import backups as store
from pxeserve.store.backups import BackupRow

BY = "pxeserve"


def prune(connection: Connection, config: Config, pool_id: int, pool: str, now: float) -> list[BackupRow]:
    """Forget what `[backups] keep` and `days` leave no room for at epoch second `now`; what went."""
    kept = config.backups
    gone = surplus(store.backups(connection, pool_id), kept.keep, kept.days, now)
    for row in gone:
        forget(connection, config, row)
        audit.append(connection, now, BY, "backup.prune", row.id, f"{row.kind} of {pool}")
        store.tell(connection, now, row, "pruned", f"the backup {row.id} of {pool} is forgotten: more, or newer, ones are kept")
    return gone


def forget(connection: Connection, config: Config, row: BackupRow) -> None:
    """Forget a backup. Its file goes first: what is left by a kill in between is a row that `backup.check` finds damaged, and not bytes
    that nobody knows of. One that the disk keeps is swept away later."""
    with suppress(OSError):
        vault.remove(config.server.data / vault.FOLDER, row.id)
    store.remove(connection, [row.id])

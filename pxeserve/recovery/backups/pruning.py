"""Lets go of the backups of a pool that are too many or too old; each is a line of the audit and an event. Never the newest good one of a
kind, nor of a host.

Rows go in a transaction, and their files after it: a kill in between leaves a file without a row, which is swept away, and never a row
without its file.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    """Forget what `[backups] keep` and `days` leave no room for at epoch second `now`; what went, to be `erased` after the commit."""
    kept = config.backups
    gone = surplus(store.backups(connection, pool_id), kept.keep, kept.days, now)
    store.remove(connection, [row.id for row in gone])
    for row in gone:
        audit.append(connection, now, BY, "backup.prune", row.id, f"{row.kind} of {pool}")
        store.tell(connection, now, row, "pruned", f"the backup {row.id} of {pool} is forgotten: more, or newer, ones are kept")
    return gone


def erase(config: Config, rows: Iterable[BackupRow]) -> None:
    """Remove the files of backups that were forgotten, after the commit. One that the disk keeps is swept away later."""
    for row in rows:
        with suppress(OSError):
            vault.remove(config.server.data / vault.FOLDER, row.id)

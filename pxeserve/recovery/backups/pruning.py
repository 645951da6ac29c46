"""Lets go of the backups of a pool that are too many or too old; each is a line of the audit and an event. Never the newest good one of a
kind, nor of a host. Where more come than its own job can mean, people are told of it once a day.

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
from pxeserve.store.backups import GOOD, BackupRow

BY = "pxeserve"
_DAY = 86_400.0


def prune(connection: Connection, config: Config, pool_id: int, pool: str, now: float) -> list[BackupRow]:
    """Forget what `[backups] keep` and `days` leave no room for at epoch second `now`; what went, to be `erased` after the commit."""
    kept = config.backups
    gone = surplus(store.backups(connection, pool_id), kept.keep, kept.days, now)
    store.remove(connection, [row.id for row in gone])
    for row in gone:
        audit.append(connection, now, BY, "backup.prune", row.id, f"{row.kind} of {pool}")
        store.tell(connection, now, row, "pruned", f"the backup {row.id} of {pool} is forgotten: more, or newer, ones are kept")
    pushed = next((row for row in gone if row.state == GOOD and now - row.taken_at < _DAY), None)
    if pushed is not None:
        _tell_crowd(connection, pushed, pool, kept.keep, now)
    return gone


def erase(config: Config, rows: Iterable[BackupRow]) -> None:
    """Remove the files of backups that were forgotten, after the commit. One that the disk keeps is swept away later."""
    for row in rows:
        with suppress(OSError):
            vault.remove(config.server.data / vault.FOLDER, row.id)


def _tell_crowd(connection: Connection, pushed: BackupRow, pool: str, keep: int, now: float) -> None:
    if audit.lines(connection, audit.Wanted(action="backup.crowd", object=pool, since=now - _DAY), 1):
        return
    said = (
        f"more than {keep} {pushed.kind} backups of {pool} came within a day, one of those let go by {pushed.by}: if its job does not send "
        "so many, somebody else has its token (pxeserve token revoke), and what came since may be his"
    )
    audit.append(connection, now, BY, "backup.crowd", pool, said)
    store.tell(connection, now, pushed, "crowded", said)

"""Gives the bytes of a backup, each piece checked before it leaves, and the sum at the end. One that is damaged, or gone from the disk, is
marked so and no good one any more, and one that is found whole again is good again; both are told in the record. Refuses to know who asks,
and what for."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from pxeserve.config import Config
from pxeserve.recovery.backups.taking import vault_of
from pxeserve.recovery.backups.vault import DamagedError, damaged
from pxeserve.store import Store
from pxeserve.store import backups as store
from pxeserve.store.backups import DAMAGED, GOOD, BackupRow


def given(database: Store, config: Config, row: BackupRow) -> Iterator[bytes]:
    """Its plain bytes, in pieces. Raises PxeserveError where it ends too early: DamagedError, and ConflictError while the key is not
    there."""
    done, summed = 0, hashlib.sha256()
    try:
        for piece in vault_of(config).read(row.id):
            done += len(piece)
            summed.update(piece)
            yield piece
        if (done, summed.hexdigest()) != (row.size, row.sha256):
            raise damaged(row.id, "it is another file than the one that its row tells of")
    except DamagedError as error:
        now = time.time()
        because = f"found {datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M} UTC: {error.because}"
        _turned(database, row, DAMAGED, now, because, error.message)
        raise
    _turned(database, row, GOOD, time.time(), "", f"backup {row.id} is good again: every byte was read")


def _turned(database: Store, row: BackupRow, state: str, now: float, because: str, text: str) -> None:
    """Mark it, and tell it; nothing is written when nothing is new, or when it was removed meanwhile."""
    if row.state == state:
        return
    with database.site.write() as connection:
        if store.turn(connection, row, state, because):
            store.tell(connection, now, row, state, text)

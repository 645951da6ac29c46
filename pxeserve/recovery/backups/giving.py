"""Gives the bytes of a backup, each piece checked before it leaves, and the sum at the end. That one is damaged, or gone from the disk, is
told in the record. Refuses to know who asks, and what for."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

from pxeserve.config import Config
from pxeserve.errors import NotFoundError
from pxeserve.recovery.backups.taking import vault_of
from pxeserve.recovery.backups.vault import DamagedError, damaged
from pxeserve.store import Store
from pxeserve.store import backups as store
from pxeserve.store.backups import BackupRow


def given(database: Store, config: Config, row: BackupRow) -> Iterator[bytes]:
    """Its plain bytes, in pieces. Raises PxeserveError where it ends too early: DamagedError, NotFoundError for a file that is gone, and
    ConflictError while the key is not there."""
    done, summed = 0, hashlib.sha256()
    try:
        for piece in vault_of(config).read(row.id):
            done += len(piece)
            summed.update(piece)
            yield piece
        if (done, summed.hexdigest()) != (row.size, row.sha256):
            raise damaged(row.id, "it is another file than the one that its row tells of")
    except (DamagedError, NotFoundError) as error:
        with database.site.write() as connection:
            store.tell(connection, time.time(), row, "damaged", error.message)
        raise

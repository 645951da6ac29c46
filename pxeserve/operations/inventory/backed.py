"""What is worth saying of a pool's backups where the pool is shown. Refuses to know how one is taken and kept."""

from __future__ import annotations

import time

from sqlalchemy import Connection

from pxeserve.operations.context import Context
from pxeserve.store.backups import newest_good
from pxeserve.store.pools import PoolRow


def overdue(context: Context, connection: Connection, row: PoolRow) -> list[str]:
    """That its job has sent nothing for too long. A pool that never had a backup says that itself."""
    newest = newest_good(connection, row.id)
    days = context.config.backups.overdue_days(newest.taken_at, time.time()) if newest is not None else 0
    if not days:
        return []
    way = f"see what became of its job; pxeserve backup job {row.pool.name} prints what takes one"
    return [f"its newest backup was taken {days} days ago: {way}"]

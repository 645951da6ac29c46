"""Pools whose job sends no backups any more, pools that have none, backups that are damaged, and a key that is not where they
need it.

Sources: docs/backups.md; config/backups.py.
"""

from __future__ import annotations

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Grade
from pxeserve.keys import BACKUP_KEY, NO_BACKUP_KEY
from pxeserve.store import backups
from pxeserve.store.pools import pools

_OVERDUE = Fault(
    "overdue",
    Grade.HARMS,
    "the newest backup of pool {pool} was taken {days} days ago",
    "a master that dies now comes back with what the pool was then",
    "see what became of its job: its log, and whether its token is good (pxeserve token list); pxeserve backup list --pool {pool} "
    "names those that were refused. [backups] overdue says after how many days this is told",
)
_NONE = Fault(
    "none",
    Grade.NOTE,
    "there is no good backup of pool {pool}",
    "a host that is alone comes back without its database, and so does a pool of which no member lives",
    "pxeserve backup job {pool} prints what makes one and sends it",
)
_DAMAGED = Fault(
    "damaged",
    Grade.HARMS,
    "{count} backups of pool {pool} are damaged; the newest, {backup}: {why}",
    "none of them can be restored: recovery goes by the newest that is good",
    "put their files back from where the data folder is saved, then pxeserve backup check ID; or pxeserve backup remove ID",
)
_KEY = Fault(
    "key",
    Grade.HARMS,
    "{key} is missing, and {count} backups are encrypted under it",
    "none of them can be read, and no new one is taken",
    NO_BACKUP_KEY,
)


def look(around: Around) -> Seen:
    """The key, then each pool."""
    store = around.store
    if store is None:
        yield Blind("pools and their backups are known to the service's state, which is not at hand")
        return
    with store.site.read() as connection:
        kept = len(backups.ids(connection))
        known = {row.pool.name: (backups.newest_good(connection, row.id), backups.damaged(connection, row.id)) for row in pools(connection)}
    key = around.data / "keys" / BACKUP_KEY
    if kept and not key.exists():
        yield _KEY.found(str(key), key=key, count=kept)
    for pool, (row, damaged) in known.items():
        if damaged:
            yield _DAMAGED.found(pool, pool=pool, count=len(damaged), backup=damaged[0].id, why=damaged[0].because)
        if row is None:
            yield _NONE.found(pool, pool=pool)
        elif days := around.config.backups.overdue_days(row.taken_at, around.now):
            yield _OVERDUE.found(pool, pool=pool, days=days)


CHECK = Check(
    "backups",
    "pools whose newest backup is too old or that have none, backups that are damaged, and the key of the backups",
    "docs/backups.md; config/backups.py",
    (_OVERDUE, _NONE, _DAMAGED, _KEY),
    look,
    needs_state=True,
)

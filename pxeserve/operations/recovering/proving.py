"""Whether a pool's newest backup is good for something: a drill reads every byte of it as a restoration would. Refuses to know what else
a drill looks at, and gives nobody a byte of it.
"""

from __future__ import annotations

from typing import Any

from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.recovery.backups.dump import Dump
from pxeserve.recovery.backups.giving import given
from pxeserve.recovery.planning.facts import Role
from pxeserve.store import backups
from pxeserve.store.backups import BackupRow
from pxeserve.store.pools import PoolRow

_ANOTHER = "see what else there is: pxeserve backup list; and take one now (docs/backups.md)"


def backup_reads(context: Context, pool: PoolRow, role: Role) -> dict[str, Any]:
    """The check `backup` of a drill: the newest good backup of the database is decrypted, summed and parsed. To have none stops the
    recovery of a host that was alone, and of no other."""
    with context.store.site.read() as connection:
        row = backups.newest_good(connection, pool.id)
    if row is None:
        said = f"there is no good backup of pool {pool.pool.name}"
        alone = role is Role.SOLE
        return _check(not alone, said if alone else f"{said}: its database comes from the other members", _ANOTHER)
    try:
        found = _read(context, row)
    except PxeserveError as error:
        return _check(False, f"backup {row.id} cannot be restored: {error.message}", error.fix or _ANOTHER)
    return _check(True, f"backup {row.id} was decrypted and read: {row.size} bytes, {found}", "")


def _read(context: Context, row: BackupRow) -> str:
    """What the dump is of. Raises PxeserveError when it is not what was kept."""
    dump = Dump()
    for piece in given(context.store, context.config, row):
        dump.look(piece)
    holds = dump.end()
    return f"{len(holds.hosts)} hosts of {holds.product} {holds.version}"


def _check(ok: bool, said: str, fix: str) -> dict[str, Any]:
    return {"check": "backup", "ok": ok, "said": said, "fix": fix}

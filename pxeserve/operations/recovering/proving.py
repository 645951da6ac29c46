"""What a drill can prove without touching anything: that the pool's newest backup is good for something, every byte of it read as a
restoration would, and that nothing which is known would stop the host's network boot, as a rehearsal foresees it. Refuses to know plans,
and gives nobody a byte of a backup.
"""

from __future__ import annotations

from typing import Any

from pxeserve.domain.host import Host
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.foresight import foresee
from pxeserve.operations.foresight.firmware import presumed
from pxeserve.recovery.backups.dump import Dump
from pxeserve.recovery.backups.giving import given
from pxeserve.recovery.planning.facts import Role
from pxeserve.rehearse.prediction import outlook
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


def boots(context: Context, host: Host) -> list[dict[str, Any]]:
    """The checks `boot` of a drill, in the order of the story: whatever would stop its network boot, and what may; what cannot be known
    from here is said as well. Without anything that stops it, how the boot is walked."""
    first = presumed(context, host)
    found = foresee(context, host, first.mac, first.firmware)
    looked = outlook(found.known)
    checks = [
        {"check": "boot", "ok": not one.stops, "said": f"{one.step}: {'' if one.stops else 'it may end here: '}{one.text}", "fix": one.fix}
        for one in ((looked.first, *looked.also) if looked.first else looked.also)
    ]
    checks += [{"check": "boot", "ok": True, "said": f"not known: {one}", "fix": ""} for one in found.unknown]
    if all(one["ok"] for one in checks):
        said = f"nothing that is known would stop its network boot; to walk it: pxeserve rehearse {first.mac}"
        checks.append({"check": "boot", "ok": True, "said": said, "fix": ""})
    return checks


def _read(context: Context, row: BackupRow) -> str:
    """What the dump is of. Raises PxeserveError when it is not what was kept."""
    dump = Dump()
    for piece in given(context.store, context.config, row):
        dump.look(piece)
    holds = dump.end()
    return f"{len(holds.hosts)} hosts of {holds.product} {holds.version}"


def _check(ok: bool, said: str, fix: str) -> dict[str, Any]:
    return {"check": "backup", "ok": ok, "said": said, "fix": fix}

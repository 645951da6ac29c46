"""What pages of recovery show, laid down without anybody having done it: for looking at them."""

from __future__ import annotations

import time
from typing import Any

from pxeserve.recovery.backups.dump import Dump
from pxeserve.store import Store, backups, inventory, pools, recoveries
from pxeserve.store import tables as t
from pxeserve.store.backups import BackupRow
from pxeserve.store.recoveries import RecoveryRow
from tests.recovery.backups.dumps import dump


def lay(store: Store, plan: dict[str, Any]) -> None:
    """A drill, a recovery that waits, backups and a join that failed, of pool rack-c and host xen-r3-20."""
    names = [one["name"] for one in plan["steps"]]
    steps = [{"name": name, "state": "todo", "seen": "", "began": None, "ended": None} for name in names]
    steps[0] |= {"state": "waits", "seen": "something answers at 10.77.0.20:443", "began": time.time()}
    read = Dump()
    read.look(dump(hosts=("xen-r3-19", "xen-r3-20")))
    holds = read.end().plain()
    with store.site.write() as connection:
        pool, host = pools.pool(connection, "rack-c"), inventory.host(connection, "xen-r3-20")
        assert pool is not None and host is not None
        for id, drill, state in (("r0", True, "stopped"), ("r1", False, "waiting")):
            recoveries.add(connection, RecoveryRow(
                id, host.id, pool.id, "member", drill, state, plan, steps, 0, "something answers", "switch it off", "i1", "anna",
                time.time(), time.time(), 1,
            ))  # fmt: skip
        for id, state, because in (("b1", "good", ""), ("b2", "refused", "it is cut at byte 4711")):
            told = holds if state == "good" else {}
            backups.add(connection, BackupRow(id, pool.id, "database", time.time(), 4711, "0" * 64, state, told, "nightly", None, because))
        connection.execute(t.pool_join.insert().values(
            id="j1", host_id=host.id, install_id="i1", pool_id=pool.id, state="failed", step="compare", because="another build", fix="that",
            asked_at=1.0, changed_at=2.0, version=1,
        ))  # fmt: skip

"""Has a host joined: once for an install, however often it is asked for. And again, when what stopped it was mended.

Every change of a row commits with the event that tells of it, in the host's record.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from pxeserve.errors import ConflictError, NotFoundError
from pxeserve.store import Store, first_boots, installs, inventory, joins, pools
from pxeserve.store.joins import JoinRow

_TOLD = {
    joins.ASKED: "asks to join pool {pool}",
    joins.JOINING: "is being joined to pool {pool}",
    joins.JOINED: "is a member of pool {pool}",
    joins.FAILED: "was not joined to pool {pool}",
}


def ask(store: Store, install_id: str, host_id: int, pool_id: int, now: float) -> JoinRow:
    """Ask that the host which `install_id` installed be joined; the row that stands, whoever asked first. Raises NotFoundError when the
    install is not there."""
    with store.site.write() as connection:
        found = joins.of_install(connection, install_id)
        if found is not None:
            return found
        if installs.by_id(connection, install_id) is None:
            raise NotFoundError(f"there is no install {install_id}", fix="arm the host again")
        row = JoinRow(secrets.token_hex(8), host_id, install_id, pool_id, "", joins.ASKED, "", "", "", now, now, 0)
        joins.add(connection, row)
        _tell(connection, row, now, {})
        return row


def again(connection: Connection, row: JoinRow, now: float) -> JoinRow:
    """Take up a join that failed. Raises ConflictError for one that did not, or that somebody else has taken up."""
    changes = {"state": joins.ASKED, "step": "", "because": "", "fix": "", "host_uuid": ""}
    if row.state != joins.FAILED:
        raise ConflictError(f"this join is {row.state}", fix="only one that failed is taken up again")
    return changed(connection, row, changes, now)


def changed(connection: Connection, row: JoinRow, changes: Mapping[str, Any], now: float, said: Mapping[str, Any] | None = None) -> JoinRow:
    """`row` with `changes`, and its event where the state is another one. Raises ConflictError when somebody else was first."""
    if not joins.advance(connection, row, {**changes, "changed_at": now}):
        raise ConflictError("this join has moved on meanwhile", fix="look how it stands: pxeserve join list")
    found = joins.of_install(connection, row.install_id)
    assert found is not None
    if found.state == joins.JOINED:
        first_boots.forget(connection, row.install_id)   # nobody logs in to it by itself any more
    if found.state != row.state:
        _tell(connection, found, now, said or {})
    return found


def _tell(connection: Connection, row: JoinRow, now: float, said: Mapping[str, Any]) -> None:
    install, pool, host = installs.by_id(connection, row.install_id), pools.pool_by_id(connection, row.pool_id), None
    if install is None or pool is None:
        return
    host = inventory.host_by_id(connection, row.host_id)
    told = [f"{host.name if host else 'a host'} {_TOLD[row.state].format(pool=pool.pool.name)}"]
    told += [one for one in (row.because, row.fix) if one and row.state == joins.FAILED]
    told += [str(said["note"])] if said.get("note") else []
    data = {"pool": pool.pool.name, "step": row.step, "because": row.because, "fix": row.fix, **said}
    installs.tell(connection, now, install, f"join.{row.state}", {**data, "text": ": ".join(told)})

"""One transition: looked up in the table, compared and set in the store, with its event in the same transaction.

Everything that changes an install goes through `move`, so that no state is reached by another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from pxeserve.domain.install import InstallState
from pxeserve.installs.states import ENDED, Happening, after
from pxeserve.store import first_boots, installs
from pxeserve.store.installs import InstallRow


def move(
    connection: Connection,
    row: InstallRow,
    happening: Happening,
    now: float,
    *,
    data: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> bool:
    """Let `happening` happen to `row`. False when it cannot in that state, or when somebody else moved the row since it was read.

    An install that ends loses its sealed answers and its tokens with the same transaction; `because` in `data` is kept as its reason.
    """
    state = after(row.state, happening)
    if state is None:
        return False
    values: dict[str, Any] = {"state": state, **(changes or {})}
    told = dict(data or {})
    if state in ENDED:
        values |= {"sealed": None, "ended_at": now, "ended_because": str(told.get("because", happening))}
        if row.delivered_at is None:
            values["secret"] = None   # no answerfile left this house, so no machine has the password in it
    if not installs.advance(connection, row, values):
        return False
    if state in ENDED:
        installs.remove_tokens(connection, row.id)
        if state is not InstallState.DONE:
            first_boots.change(connection, row.id, state="failed", sealed=None)   # no system was installed that could go on
    if state is not row.state:
        installs.tell(connection, now, row, f"install.{state}", told)
    return True

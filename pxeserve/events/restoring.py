"""That the state was put back from a copy, told once in the record and in the log. What was ended for it, and why, is not known here."""

from __future__ import annotations

import structlog
from sqlalchemy import delete, select

from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.store import Store
from pxeserve.store import tables as t

KIND = "state.restored"
"""The event; its text waits under this name for a worker."""

_FIX = "look through users: passwords, roles and accounts are what they were then; pxeserve audit list tells what it was"
_log = structlog.get_logger("worker")


def tell(store: Store, ledger: Ledger, now: float) -> None:
    """Tell it, if it waits to be told. Told first and forgotten after: a crash between the two tells it twice."""
    waits = t.meta.c.key == KIND
    with store.site.read() as connection:
        said = connection.execute(select(t.meta.c.value).where(waits)).scalar()
    if said is None:
        return
    ledger.write([Event(KIND, now, f"the state is {said}")])
    _log.error(f"the state is {said}", fix=_FIX)
    with store.site.write() as connection:
        connection.execute(delete(t.meta).where(waits))

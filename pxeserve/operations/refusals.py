"""Who was refused what for want of a role, or outside a token's limit: a line of the audit at first, then a number a minute.

Refuses to know who may do what, and holds no argument of what was asked: people put secrets into wrong fields.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Literal

import structlog
from sqlalchemy.exc import DBAPIError

from pxeserve.accounts.tally import Failure, Tally
from pxeserve.operations.context import Actor
from pxeserve.store import Store, audit

Why = Literal["role", "limit"]
log = structlog.get_logger("console")


class Refusals:
    """Counts them for one store. Safe among threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tally = Tally(self._write_down)

    def note(self, actor: Actor, action: str, why: Why) -> None:
        """`actor` was refused `action`: for a role that is too small, or by what the token is limited to."""
        self._tally.count(f"{action} {why}", actor.name, actor.address, _now())

    def tell_what_is_due(self) -> None:
        """Write down the numbers of whatever began a minute ago. Call it every few seconds."""
        self._tally.tell_what_is_due(_now())

    def _write_down(self, one: Failure) -> None:
        action, _, why = one.action.rpartition(" ")
        times = "" if one.count == 1 else f" {one.count} more times"
        origin = f", from {one.place}" if one.place else ""
        try:
            with self._store.site.write() as connection:
                audit.append(connection, time.time(), one.about, action, "", f"refused{times}: {why}{origin}")
        except DBAPIError as error:  # they are refused all the same
            log.warning("a refusal could not be written down", because=str(error.orig))


@lru_cache(maxsize=4)
def refusals(store: Store) -> Refusals:
    """The one of this process for `store`."""
    return Refusals(store)


def _now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)

"""Armings about which DHCP has heard a contradiction: the host's MAC, and another machine's UUID. Two machines with one MAC look alike to
whoever gives menus and answerfiles, which are asked for without a UUID; so the arming stops until a person has looked.

Refuses to know protocols: the record's word is enough, and it only ever takes an installation away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pxeserve.installs.states import Happening
from pxeserve.installs.transition import move
from pxeserve.store import Store, installs

CONTRADICTION = "uuid-differs"
"""The reason of a decision (`domain.decide`) that says so."""


def contradictions(events: Iterable[tuple[str | None, Mapping[str, Any]]]) -> Iterator[tuple[str, str]]:
    """The install and the sentence of each contradiction among `events`, which are each an install's id and an event's data."""
    for install, data in events:
        reasons = data.get("because")
        if install is None or not isinstance(reasons, list):
            continue
        for reason in reasons:
            if isinstance(reason, Mapping) and reason.get("code") == CONTRADICTION:
                yield install, str(reason.get("text", ""))


def freeze(store: Store, install: str, because: str, now: float) -> bool:
    """Freeze `install` if it is open at epoch second `now`; whether it was. A rehearsal's is left alone: it has no UUID to contradict."""
    with store.site.write() as connection:
        row = installs.by_id(connection, install)
        if row is None or row.rehearsal_mac is not None:
            return False
        return move(connection, row, Happening.STRANGER, now, data={"because": because})

"""Looking through the hosts: a few words that narrow them, an order, and the part of them that is wanted.

For whoever shows many: of ten thousand hosts only those that are shown are told of. Refuses to know what is done with them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from pxeserve.domain.host import Host
from pxeserve.domain.install import WRONG_STATES, InstallState
from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.media.verification import standing
from pxeserve.operations.record.silence import silences
from pxeserve.operations.registry import verb
from pxeserve.operations.watching.racks import NO_RACK, counts, newest_installs, state_of
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import installs
from pxeserve.store.installs import Newest
from pxeserve.timeline.picture import IDLE

MOST = 1000
"""Hosts of one answer."""
WORDS = 20
"""Words of a search."""

LOOK = "look"
"""The word that stands for all states in which a person should look."""

_STATE_ORDER = {state: number for number, state in enumerate((*map(str, InstallState), IDLE))}

By = Literal["name", "rack", "profile", "state", "address", "since"]
Words = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=WORDS)]


@dataclass(frozen=True, slots=True)
class Found:
    """A host beside its newest install, and the state that makes."""

    host: Host
    install: Newest | None
    state: str

    @property
    def since(self) -> float:
        """When its install ended, or was armed; 0 without one."""
        return (self.install.ended_at or self.install.armed_at) if self.install else 0.0


@verb("host.browse", role=Role.VIEWER)
def browse(
    context: Context,
    *,
    search: Words | None = None,
    by: By = "name",
    down: bool = False,
    offset: Annotated[int, Field(ge=0)] = 0,
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100,
) -> dict[str, Any]:
    """The hosts that every word of `search` holds for: `rack:R1`, `tag:a`, `profile:p`, `state:failed` (or `state:look`), or a part of a
    name, MAC, address, UUID or serial. `total` is how many there are, `counts` how many in which state, `hosts` the `limit` of them from
    `offset` on, ordered `by`, or the other way round."""
    snapshot, now = shared(context.store).current(), time.time()
    newest = newest_installs(context.store)
    everybody = [Found(host, one := newest.get(host.id), state_of(one, now)) for host in snapshot.hosts.values()]
    found = _narrowed(everybody, search or [])
    found.sort(key=lambda one: one.host.name)
    if by != "name" or down:
        found.sort(key=_ORDERS[by], reverse=down)
    shown = found[offset : offset + limit]
    with context.store.site.read() as connection:
        done = installs.last_done(connection, [one.host.id for one in shown])
    silent = silences(context, [one.host for one in shown], newest, now)
    return {
        "at": now,
        "all": len(everybody),
        "total": len(found),
        "counts": counts(Counter(one.state for one in found)),
        "hosts": [_told(one, snapshot, installed=one.host.id in done, unheard=one.host.name in silent) for one in shown],
    }


@verb("host.words", role=Role.VIEWER)
def words(context: Context) -> dict[str, Any]:
    """What hosts can be narrowed by: the racks, tags and profiles that there are, each with how many hosts have it."""
    hosts = list(shared(context.store).current().hosts.values())
    return {
        "racks": _counted([host.rack or NO_RACK for host in hosts]),
        "tags": _counted([tag for host in hosts for tag in host.tags]),
        "profiles": _counted([host.profile for host in hosts]),
    }


def _narrowed(found: Sequence[Found], search: Sequence[str]) -> list[Found]:
    left = list(found)
    for word in search:
        key, _, value = word.partition(":")
        test = _TESTS.get(key.lower()) if value else None
        sought, wanted = (test, value.lower()) if test else (_anywhere, word.lower())
        left = [one for one in left if sought(one, wanted)]
    return left


def _anywhere(one: Found, text: str) -> bool:
    host = one.host
    return (
        text in host.name
        or any(text in mac for mac in host.macs)
        or (host.address is not None and text in str(host.address))
        or any(said is not None and text in said.lower() for said in (host.uuid, host.serial, host.rack))
    )


_TESTS: Mapping[str, Callable[[Found, str], bool]] = {
    "rack": lambda one, text: (one.host.rack or NO_RACK).lower() == text,
    "tag": lambda one, text: any(tag.lower() == text for tag in one.host.tags),
    "profile": lambda one, text: one.host.profile.lower() == text,
    "name": lambda one, text: text in one.host.name,
    "medium": lambda one, text: one.install is not None and (one.install.medium or "").lower() == text,
    "state": lambda one, text: one.state in WRONG_STATES if text == LOOK else one.state == text,
}

_ORDERS: Mapping[By, Callable[[Found], Any]] = {
    "name": lambda one: one.host.name,
    "rack": lambda one: (one.host.rack is None, one.host.rack or ""),
    "profile": lambda one: one.host.profile,
    "state": lambda one: _STATE_ORDER[one.state],
    "address": lambda one: int(one.host.address) if one.host.address else 0,
    "since": lambda one: one.since,
}


def _told(one: Found, snapshot: Snapshot, *, installed: bool, unheard: bool) -> dict[str, Any]:
    host, own = one.host, snapshot.medium_of(one.host)
    return {
        "name": host.name,
        "mac": list(host.macs),
        "profile": host.profile,
        "rack": host.rack,
        "tags": list(host.tags),
        "address": str(host.address) if host.address else None,
        "state": one.state,
        "since": one.since or None,
        "installed": installed,
        "unheard": unheard,
        "medium": standing(snapshot, own.name if own else None),
    }


def _counted(said: Sequence[str]) -> list[dict[str, Any]]:
    return [{"name": name, "hosts": count} for name, count in sorted(Counter(said).items())]

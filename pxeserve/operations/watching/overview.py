"""Everything at a glance: each rack's hosts with their states, and who wants a look, the first cause and its remedy beside it.

States come from one read of the store; the record is asked only of hosts that are on their way or were not well, however many there are.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pxeserve.domain.host import Host
from pxeserve.domain.install import LIVE_STATES, WRONG_STATES
from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.record.tails import by_silence
from pxeserve.operations.registry import verb
from pxeserve.operations.watching.racks import NO_RACK, counts, described, newest_installs, standings, state_of
from pxeserve.operations.watching.together import Together
from pxeserve.snapshot import shared
from pxeserve.store import Store, installs
from pxeserve.store.installs import Newest
from pxeserve.store.kept import Made
from pxeserve.timeline.picture import IDLE, Standing

CELLS = 2500
"""Hosts that are told one by one at most; where there are more, racks tell how many are in which state."""
LOOKED_AT = 200
"""Hosts on their way of which the record is asked at most: those that have been silent the longest."""
TOLD = 50
"""Hosts that want a look, of which the reasons are told at most."""


@verb("overview", role=Role.VIEWER)
def overview(context: Context) -> dict[str, Any]:
    """Racks by name, hosts in none last under `-`, each with its hosts and their states; `stuck` are the hosts that a person should look
    at, the newest trouble first, with what is overdue or why they ended. `unasked` are how many are on their way of which it was not looked
    at whether something is overdue, as there are so many."""
    return _together(context.store).ask(lambda: _overview(context))


@lru_cache(maxsize=4)
def _together(store: Store) -> Together[dict[str, Any]]:  # noqa: ARG001 - one for each store
    return Together()


@dataclass(frozen=True, slots=True)
class _Site:
    """What is the same until somebody commits something: the hosts by name, `racks` of them, the state of each, and which of them `live`,
    whose time may run out."""

    hosts: Sequence[Host]
    racks: Mapping[str, Sequence[Host]]
    states: Mapping[str, str]
    live: Sequence[Host]


@lru_cache(maxsize=4)
def _site(store: Store) -> Made[Mapping[str, Host], Mapping[int, Newest], _Site]:  # noqa: ARG001 - one for each store
    return Made(_laid_out)


def _laid_out(known: Mapping[str, Host], newest: Mapping[int, Newest]) -> _Site:
    hosts = [host for _, host in sorted(known.items())]
    racks: dict[str, list[Host]] = {}
    for host in hosts:
        racks.setdefault(host.rack or NO_RACK, []).append(host)
    states = {host.name: str(one.state) if (one := newest.get(host.id)) else IDLE for host in hosts}
    named = sorted(racks, key=lambda name: (name == NO_RACK, name))
    return _Site(hosts, {name: racks[name] for name in named}, states, [host for host in hosts if states[host.name] in LIVE_STATES])


def _overview(context: Context) -> dict[str, Any]:
    now = time.time()
    newest = newest_installs(context.store)
    site = _site(context.store).of(shared(context.store).current().hosts, newest)
    hosts, states = site.hosts, {**site.states, **{host.name: state_of(newest[host.id], now) for host in site.live}}
    live = [host for host in site.live if states[host.name] not in WRONG_STATES]
    asked = by_silence(context, live)[:LOOKED_AT] if len(live) > LOOKED_AT else live
    met = [*asked, *_wrong(hosts, states, newest)[:TOLD]]
    with context.store.site.read() as connection:
        whole = installs.newest_by_host(connection, [host.id for host in met])
    found = {one.host: one for one in standings(context, met, whole, now)}
    stuck = sorted((one for one in found.values() if one.troubled), key=lambda one: -(one.since or 0.0))
    troubled = {one.host for one in stuck} | {name for name, state in states.items() if state in WRONG_STATES}
    where = {host.name: host.rack or NO_RACK for host in met}
    return {
        "at": now,
        "hosts": len(hosts),
        "counts": counts(Counter(states.values())),
        "racks": _racks(site.racks, states, found, troubled, cells=len(hosts) <= CELLS),
        "troubled": len(troubled),
        "unasked": len(live) - len(asked),
        "stuck": [{**described(one), "rack": where[one.host]} for one in stuck[:TOLD]],
    }


def _wrong(hosts: Sequence[Host], states: Mapping[str, str], newest: Mapping[int, Newest]) -> list[Host]:
    """Those whose last install came to nothing or stands still, the latest first."""
    wrong = [host for host in hosts if states[host.name] in WRONG_STATES]
    return sorted(wrong, key=lambda host: -(newest[host.id].ended_at or newest[host.id].expires))


def _racks(
    racks: Mapping[str, Sequence[Host]], states: Mapping[str, str], found: Mapping[str, Standing], troubled: Set[str], *, cells: bool
) -> list[dict[str, Any]]:
    return [
        {
            "rack": name,
            "counts": counts(Counter(states[host.name] for host in hosts)),
            "hosts": [_cell(host.name, states[host.name], found.get(host.name), troubled) for host in hosts] if cells else None,
            "total": len(hosts),
            "troubled": sum(host.name in troubled for host in hosts),
        }
        for name, hosts in racks.items()
    ]


def _cell(name: str, state: str, one: Standing | None, troubled: Set[str]) -> dict[str, Any]:
    return {
        "host": name,
        "state": state,
        "step": one.step if one else None,
        "package": one.package if one else None,
        "packages": one.packages if one else None,
        "troubled": name in troubled,
    }

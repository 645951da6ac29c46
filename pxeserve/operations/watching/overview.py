"""Everything at a glance: each rack's hosts with their states, and who wants a look, the first cause and its remedy beside it.

States come from one read of the store; the record is asked only of hosts that are on their way or were not well, however many there are.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pxeserve.domain.host import Host
from pxeserve.domain.install import LIVE_STATES, WRONG_STATES
from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.operations.watching.racks import NO_RACK, counts, described, standings, state_of
from pxeserve.snapshot import shared
from pxeserve.store import installs
from pxeserve.store.installs import Newest
from pxeserve.timeline.picture import Standing

CELLS = 2500
"""Hosts that are told one by one at most; where there are more, racks tell how many are in which state."""
LOOKED_AT = 400
"""Hosts of which the record is asked at most: those on their way first, then those whose installs ended last."""
TOLD = 50
"""Hosts that want a look, of which the reasons are told at most."""


@verb("overview", role=Role.VIEWER)
def overview(context: Context) -> dict[str, Any]:
    """Racks by name, hosts in none last under `-`, each with its hosts and their states; `stuck` are the hosts that a person should look
    at, the newest trouble first, with what is overdue or why they ended."""
    now = time.time()
    hosts = [host for _, host in sorted(shared(context.store).current().hosts.items())]
    with context.store.site.read() as connection:
        newest = installs.newest(connection)
        met = _worth_a_look(hosts, newest)
        whole = installs.newest_by_host(connection, [host.id for host in met])
    found = {one.host: one for one in standings(context, met, whole, now)}
    states = {host.name: state_of(newest.get(host.id), now) for host in hosts}
    stuck = sorted((one for one in found.values() if one.troubled), key=lambda one: -(one.since or 0.0))
    where = {host.name: host.rack or NO_RACK for host in hosts}
    return {
        "at": now,
        "hosts": len(hosts),
        "counts": counts(Counter(states.values())),
        "racks": _racks(hosts, states, found, cells=len(hosts) <= CELLS),
        "troubled": len(stuck),
        "stuck": [{**described(one), "rack": where[one.host]} for one in stuck[:TOLD]],
    }


def _worth_a_look(hosts: Sequence[Host], newest: dict[int, Newest]) -> list[Host]:
    met = [host for host in hosts if host.id in newest and newest[host.id].state in LIVE_STATES | WRONG_STATES]
    met.sort(key=lambda host: (newest[host.id].state not in LIVE_STATES, -(newest[host.id].ended_at or newest[host.id].armed_at)))
    return met[:LOOKED_AT]


def _racks(hosts: Sequence[Host], states: dict[str, str], found: dict[str, Standing], *, cells: bool) -> list[dict[str, Any]]:
    racks: dict[str, list[Host]] = {}
    for host in hosts:
        racks.setdefault(host.rack or NO_RACK, []).append(host)
    return [
        {
            "rack": name,
            "counts": counts(Counter(states[host.name] for host in racks[name])),
            "hosts": [_cell(host.name, states[host.name], found.get(host.name)) for host in racks[name]] if cells else None,
            "total": len(racks[name]),
            "troubled": sum(one.troubled for host in racks[name] if (one := found.get(host.name))),
        }
        for name in sorted(racks, key=lambda name: (name == NO_RACK, name))
    ]


def _cell(name: str, state: str, one: Standing | None) -> dict[str, Any]:
    return {
        "host": name,
        "state": state,
        "step": one.step if one else None,
        "package": one.package if one else None,
        "packages": one.packages if one else None,
        "troubled": one.troubled if one else False,
    }

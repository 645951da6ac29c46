"""The picture of a rack: where each of its hosts stands now, and which ones a person should look at.

States come from one read of the store, steps from one read of the record, however many hosts there are.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from pxeserve.domain.host import Host
from pxeserve.domain.install import OPEN_STATES, InstallState
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, RefusedError
from pxeserve.events.steady import now_of
from pxeserve.installs.expiry import has_lapsed
from pxeserve.operations.context import Context, Progress
from pxeserve.operations.record.silence import hearings
from pxeserve.operations.record.tails import tails
from pxeserve.operations.registry import verb
from pxeserve.operations.watching.besides import known, known_of
from pxeserve.operations.words.selection import nearest
from pxeserve.snapshot import shared
from pxeserve.store import Store, installs
from pxeserve.store.installs import InstallRow, Newest
from pxeserve.store.kept import Kept
from pxeserve.timeline.hearing import Hearing
from pxeserve.timeline.picture import IDLE, Standing, standing

NO_RACK = "-"
"""What stands for the hosts that are in no rack; no rack can be called so."""

_ORDER = (*(str(state) for state in InstallState), IDLE)
_BEAT = 1.0
Every = Annotated[float, Field(ge=_BEAT)]
_AWAITED = ("next", "overdue", "unheard")
_PLAIN = tuple(one.name for one in fields(Standing) if one.name not in _AWAITED)
_SHARE = 4
"""While it is followed, the picture is looked at for one of so many parts of the time at most."""


@lru_cache(maxsize=4)
def _newest(store: Store) -> Kept[dict[int, Newest]]:
    return Kept(store.site, installs.newest)


def newest_installs(store: Store) -> Mapping[int, Newest]:
    """The newest install of every host that has one, by the host's row id: read once for all pages until something is committed."""
    return _newest(store).current()


@verb("rack.list", role=Role.VIEWER)
def list_racks(context: Context) -> list[dict[str, Any]]:
    """All racks by name, each with how many of its hosts are in which state; hosts in no rack last, under `-`."""
    now = time.time()
    hosts = _hosts(context)
    newest = newest_installs(context.store)
    racks: dict[str, Counter[str]] = {}
    for host in hosts:
        racks.setdefault(host.rack or NO_RACK, Counter())[state_of(newest.get(host.id), now)] += 1
    names = sorted(racks, key=lambda name: (name == NO_RACK, name))
    return [{"rack": name, "hosts": sum(racks[name].values()), "counts": counts(racks[name])} for name in names]


@verb("rack.show", role=Role.VIEWER)
def show(context: Context, *, name: str) -> dict[str, Any]:
    """Where each host of the rack `name` stands, `-` for those in no rack. Each has its state and since when, the step that it has reached,
    what is overdue, and why."""
    return _picture(context, name)


@verb("rack.follow", role=Role.VIEWER)
def follow(context: Context, *, name: str, every: Every | None = None) -> Iterator[dict[str, Any]]:
    """The picture of a rack, and again whenever something in it has changed, or after `every` seconds, until the asker leaves."""
    if context.recorder is None:
        raise RefusedError("no service is running, so there is nothing to follow", fix="pxeserve serve")
    return _followed(context, name, every)


def standings(context: Context, hosts: Sequence[Host], newest: dict[int, InstallRow], now: float) -> list[Standing]:
    """Where each of `hosts` stands at epoch second `now`; `newest` are their newest installs."""
    moment, besides, snapshot = now_of(context.store), known(context, None), shared(context.store).current()
    lapsed = {host.id for host in hosts if _is_over(newest.get(host.id), now)}
    met = [host for host in hosts if host.id in newest]
    events = tails(context, met, since={host.name: newest[host.id].armed_at for host in met})
    armed = {host.name: newest[host.id].armed_at for host in met if newest[host.id].state is InstallState.ARMED and host.id not in lapsed}
    heard = hearings(context, armed, met, events)
    return [
        standing(
            host.name, newest.get(host.id), events.get(host.name, ()), heard.get(host.name, Hearing()), known_of(besides, host, snapshot),
            now, moment, lapsed=host.id in lapsed,
        )
        for host in hosts
    ]


def described(one: Standing) -> dict[str, Any]:
    """Where a host stands, for programs."""
    plain = {name: getattr(one, name) for name in _PLAIN}
    awaited = {name: asdict(found) if (found := getattr(one, name)) else None for name in _AWAITED}
    return {**plain, **awaited, "troubled": one.troubled}


def state_of(install: InstallRow | Newest | None, now: float) -> str:
    """The state of a host whose newest install that is, at epoch second `now`."""
    if install is None:
        return IDLE
    return str(InstallState.LAPSED if _is_over(install, now) else install.state)


def counts(states: Counter[str]) -> dict[str, int]:
    """How many are in which state, in the order of an install's life."""
    return {state: states[state] for state in _ORDER if states[state]}


def _followed(context: Context, name: str, every: float | None = None) -> Iterator[dict[str, Any]]:
    before: list[tuple[Any, ...]] | None = None
    shown = 0.0
    beat = 0
    while True:
        began = time.monotonic()
        picture = _picture(context, name)
        keys = [_key(one) for one in picture["hosts"]]
        if keys != before or (every is not None and began - shown >= every):
            before, shown = keys, began
            yield picture
        beat += 1
        context.report(Progress(beat % 2, 1, "watching"))  # an asker who has left is noticed by this
        time.sleep(max(_BEAT, (_SHARE - 1) * (time.monotonic() - began)))


def _key(host: dict[str, Any]) -> tuple[Any, ...]:
    """What of a host is worth a new picture; not that one more minute has passed."""
    overdue = host["overdue"]["expected"] if host["overdue"] else None
    told = ("host", "state", "step", "package", "install", "because", "doubt")
    return (*(host[key] for key in told), overdue, host["unheard"] is not None)


def _picture(context: Context, name: str) -> dict[str, Any]:
    now = time.time()
    everybody = _hosts(context)
    hosts = [host for host in everybody if (host.rack or NO_RACK) == name]
    if not hosts:
        raise _unknown(name, {host.rack for host in everybody if host.rack})
    with context.store.site.read() as connection:
        newest = installs.newest_by_host(connection, [host.id for host in hosts])
    found = standings(context, hosts, newest, now)
    return {
        "rack": name,
        "at": now,
        "counts": counts(Counter(one.state for one in found)),
        "troubled": sum(one.troubled for one in found),
        "hosts": [{**described(one), **_armed_with(newest.get(host.id))} for host, one in zip(hosts, found, strict=True)],
    }


def _armed_with(install: InstallRow | None) -> dict[str, Any]:
    if install is None:
        return {"install": None, "medium": None, "mode": None, "interactive": None, "expires": None}
    return {
        "install": install.id,
        "medium": install.medium,
        "mode": install.mode,
        "interactive": install.interactive,
        "expires": install.expires if install.state in OPEN_STATES else None,
    }


def _hosts(context: Context) -> list[Host]:
    """All of them, by name."""
    return [host for _, host in sorted(shared(context.store).current().hosts.items())]


def _is_over(install: InstallRow | Newest | None, now: float) -> bool:
    """Whether the time of an open install is over; whoever writes that down comes round every ten seconds."""
    return install is not None and install.state in OPEN_STATES and has_lapsed(install, now)


def _unknown(name: str, racks: set[str]) -> NotFoundError:
    if name == NO_RACK:
        return NotFoundError("every host stands in a rack", fix="pxeserve rack list shows them all")
    near = nearest(name, racks)
    return NotFoundError(f"no host stands in rack {name}", fix=f"did you mean {near}?" if near else "pxeserve rack list shows them all")

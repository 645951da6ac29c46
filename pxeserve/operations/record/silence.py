"""Which hosts are silent: those armed and not heard since, those never heard, and unknown machines with addresses like theirs.

Read for all hosts of a question together, each kind by one query. Refuses to know what it means; `timeline` does.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from pxeserve.domain.host import Host
from pxeserve.domain.identity import same_machine, says_nothing
from pxeserve.domain.install import InstallState
from pxeserve.domain.nearness import Near, Neighbourhood
from pxeserve.domain.serial import same_serial
from pxeserve.operations.context import Context
from pxeserve.operations.record.tails import tails
from pxeserve.snapshot import shared
from pxeserve.store import discovered, installs, leases
from pxeserve.store import events as record
from pxeserve.store.discovered import Machine
from pxeserve.store.events import EventRow, Wanted
from pxeserve.store.installs import InstallRow, Newest
from pxeserve.timeline import missing
from pxeserve.timeline.hearing import Hearing, System, hearing
from pxeserve.timeline.missing import Next

_STRANGERS = 20_000
"""MACs of the record that are compared at most."""

_EXPLAINED = 50
"""Hosts of one question for which near addresses are looked for."""


def hearings(
    context: Context, armed: Mapping[str, float], hosts: Sequence[Host], events: Mapping[str, list[EventRow]], until: float = math.inf
) -> dict[str, Hearing]:
    """What was heard up to `until` of those of `hosts` that are armed, by name; `armed` says since when, in epoch seconds."""
    asked = [host for host in hosts if host.name in armed]
    if not asked:
        return {}
    systems = _systems(context, asked)
    never = {host.name for host in never_heard(context, asked)}
    found = {
        host.name: hearing(
            events.get(host.name, ()), armed[host.name], systems=systems.get(host.name, ()), before=host.name not in never, until=until
        )
        for host in asked
    }
    silent = [host for host in asked if host.name in never and not found[host.name].firmware and found[host.name].system is None]
    for host, near in nearest(context, silent[:_EXPLAINED]):
        found[host.name] = replace(found[host.name], near=near)
    return found


def silences(
    context: Context, hosts: Sequence[Host], newest: Mapping[int, InstallRow | Newest], now: float, until: float = math.inf
) -> dict[str, Next]:
    """Those of `hosts` that are armed and were not heard since, by name, with why. `newest` are their newest installs by row id; what came
    after `until` is not looked at."""
    waiting = {host.name: newest[host.id] for host in hosts if host.id in newest and newest[host.id].state is InstallState.ARMED}
    waiting = {name: one for name, one in waiting.items() if one.armed_at <= until and now < one.expires}
    asked = [host for host in hosts if host.name in waiting]
    if not asked:
        return {}
    armed = {host.name: waiting[host.name].armed_at for host in asked}
    heard = hearings(context, armed, asked, tails(context, asked, since=armed), until)
    found = {name: missing.silence(one, waiting[name].armed_at, now) for name, one in heard.items()}
    return {name: one for name, one in found.items() if one is not None}


def silence(context: Context, host: Host, now: float, *, install: str | None = None, until: float = math.inf) -> Next | None:
    """The same for one host, by what the store says of it; `now` in epoch seconds. None when its newest install is not `install`."""
    with context.store.site.read() as connection:
        newest = installs.newest_of(connection, host.id)
    if newest is None or install not in (None, newest.id):
        return None
    return silences(context, [host], {host.id: newest}, now, until).get(host.name)


def lapsed(context: Context, host: Host, *, install: str | None = None, until: float = math.inf) -> Hearing:
    """What was heard of `host` while it was armed, where that arming has run out since, or up to `until` in epoch seconds; the same as of
    a host that was heard when its newest install did not end so, or is not `install`."""
    with context.store.site.read() as connection:
        newest = installs.newest_of(connection, host.id)
    if newest is None or newest.state is not InstallState.LAPSED or install not in (None, newest.id):
        return Hearing()
    ended = newest.ended_at if newest.ended_at is not None else newest.expires
    armed = {host.name: newest.armed_at}
    return hearings(context, armed, [host], tails(context, [host], since=armed), min(ended, until))[host.name]


def never_heard(context: Context, hosts: Sequence[Host]) -> list[Host]:
    """Those of `hosts` of which no card was ever heard: no event, no lease, no request to another server."""
    macs = [mac for host in hosts for mac in host.macs]
    with context.store.leases.read() as connection:
        lent = leases.known_macs(connection, macs)
    left = [host for host in hosts if not lent.intersection(host.macs)]
    with context.store.events.read() as connection:
        heard = record.last_heard(connection, [mac for host in left for mac in host.macs])
    return [host for host in left if heard.keys().isdisjoint(host.macs)]


def nearest(context: Context, hosts: Sequence[Host]) -> Iterator[tuple[Host, tuple[str, ...]]]:
    """For each of `hosts` the unknown machines whose address is near one of its own, a sentence each with what they said."""
    if not hosts:
        return
    snapshot = shared(context.store).current()
    with context.store.events.read() as connection:
        machines = {one.mac: one for one in discovered.machines(connection)}
        heard = [*machines, *record.macs_heard(connection, _STRANGERS)]
        around = Neighbourhood(mac for mac in heard if mac not in snapshot.by_mac)
        for host in hosts:
            yield host, tuple(_said(connection, host, around, machines))


def unheard_notes(context: Context, hosts: Sequence[Host]) -> dict[str, str]:
    """A note for each of `hosts` that was never heard, by name: that this is so, and which unknown addresses are near."""
    never = never_heard(context, hosts)
    near = {host.name: found for host, found in nearest(context, never[:_EXPLAINED])}
    return {host.name: _note(host, near.get(host.name, ())) for host in never}


def _note(host: Host, near: Collection[str]) -> str:
    if not host.macs:
        return "no card's MAC is known of it yet" + (f"; heard and unknown: {'; '.join(near)}" if near else "")
    whose = f"{host.macs[0]} was" if len(host.macs) == 1 else f"none of its cards ({', '.join(host.macs)}) was"
    if not near:
        return f"{whose} never heard here: compare it with what the machine's own screen says"
    return f"{whose} never heard here; heard and unknown: {'; '.join(near)}"


def _said(connection: Connection, host: Host, around: Neighbourhood, machines: Mapping[str, Machine]) -> Iterator[str]:
    near = {one.mac: Near(one.mac, f"it has this host's {what}", 0) for one in machines.values() if (what := _claims(one, host))}
    for mac in host.macs:
        for one in around.near(mac):
            if one.mac not in near or one.far < near[one.mac].far:
                near[one.mac] = one
    for one in sorted(near.values(), key=lambda found: (found.far, found.mac)):
        if one.mac in machines:
            found = machines[one.mac]
            yield f"{one.mac} ({one.how}{_last_words(found.last_seen, found.vendor_class)})"
            continue
        events = record.latest(connection, Wanted(mac=one.mac), 3)
        if any(event.host is not None for event in events):
            continue  # a rehearsal's own address
        classes = [str(event.data["vendor_class"]) for event in events if event.data and event.data.get("vendor_class")]
        yield f"{one.mac} ({one.how}{_last_words(events[-1].at, classes[-1] if classes else '')})" if events else f"{one.mac} ({one.how})"


def _claims(machine: Machine, host: Host) -> str | None:
    """What of `host` the machine says."""
    if machine.uuid is not None and host.uuid is not None and not says_nothing(host.uuid) and same_machine(machine.uuid, host.uuid):
        return "UUID"
    return "serial number" if machine.serial is not None and host.serial is not None and same_serial(machine.serial, host.serial) else None


def _last_words(at: float, said: str) -> str:
    """When a machine was last heard, and what it said of itself."""
    return f"; last heard {datetime.fromtimestamp(at).astimezone().strftime('%d %b %H:%M')}" + (f" as {said}" if said else "")


def _systems(context: Context, hosts: Sequence[Host]) -> dict[str, list[System]]:
    """Operating systems that were overheard asking another server, by host."""
    owner = {mac: host.name for host in hosts for mac in host.macs}
    found: dict[str, list[System]] = defaultdict(list)
    with context.store.leases.read() as connection:
        for one in leases.sightings_of(connection, owner):
            found[owner[one.mac]].append(System(one.at, str(one.address)))
    return found

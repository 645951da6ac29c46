"""Discovered machines: what network-booted and is no host yet, as its firmware described itself; and how it becomes one."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from pxeserve.domain import serial
from pxeserve.domain.client import ARCHITECTURES
from pxeserve.domain.identity import claim, says_nothing
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.events.discovering import FORGOTTEN
from pxeserve.events.record import Event
from pxeserve.operations.context import Context
from pxeserve.operations.inventory import hosts
from pxeserve.operations.inventory.adopting import another_card, completed, heard, mac_of
from pxeserve.operations.inventory.entries import Cell, Entry, take
from pxeserve.operations.inventory.inherited import Inherited
from pxeserve.operations.registry import verb
from pxeserve.operations.words.settings import settings
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import audit, installs, inventory
from pxeserve.store import discovered as stored
from pxeserve.store.discovered import Machine

_SAID = tuple(one.name for one in fields(Machine))


@verb("discovered.list", role=Role.VIEWER)
def list_discovered(context: Context) -> list[dict[str, Any]]:
    """The machines that network-booted and are no hosts, the last seen first, with what their firmware said."""
    seen, snapshot = seen_by(context), shared(context.store).current()
    return [_shown(machine, seen.values(), snapshot) for machine in seen.values()]


@verb("discovered.show", role=Role.VIEWER)
def show(context: Context, *, mac: str) -> dict[str, Any]:
    """One of them."""
    seen = seen_by(context)
    return _shown(heard(mac_of(mac), seen), seen.values(), shared(context.store).current())


@verb("discovered.adopt", role=Role.OPERATOR)
def adopt(
    context: Context, *, mac: str | list[str], name: str, profile: str | None = None, set: list[str] | None = None
) -> dict[str, Any]:
    """Make a host of a discovered machine, by one or several of its MACs, with the UUID and serial number that it said; or enter them as
    other cards of the host `name` of that UUID or serial number."""
    seen, notes = seen_by(context), list[str]()
    wanted = [mac_of(one) for one in ([mac] if isinstance(mac, str) else mac)]
    with context.store.site.write() as connection:
        host = inventory.host(connection, name.strip().lower())
        if host is not None and profile is None:
            for one in wanted:
                host = another_card(context, connection, host, heard(one, seen))
                notes.append(f"{one} is another card of {host.name} now")
            return {**hosts.described(host), "notes": notes}
        if profile is None:
            raise PxeserveError(f"host {name} is new and needs a profile", fix="--profile PROFILE")
        words = [Cell(".".join(one.keys), one.value, "") for one in settings(set or [])]
        entry = Entry(name, (Cell("mac", wanted, ""), Cell("profile", profile, ""), *words), "")
        taken = take(context, connection, [completed(entry, seen, connection, notes)], "discovered.adopt")
        host = taken.hosts[0]
        notes += Inherited(connection, context.config.server.data).notes_of_host(host)
    return {**hosts.described(host), "notes": notes}


@verb("discovered.forget", role=Role.OPERATOR)
def forget(context: Context, *, mac: str) -> dict[str, Any]:
    """Forget a discovered machine; when it network-boots again it is discovered again."""
    wanted = heard(mac_of(mac), seen_by(context)).mac
    with context.store.site.write() as connection:
        audit.append(connection, time.time(), context.actor.name, "discovered.forget", wanted)
    if context.recorder is None:  # no service runs, and so no worker
        with context.store.events.write() as connection:
            stored.forget(connection, [wanted])
    else:
        text = f"{context.actor.name} had {wanted} forgotten"
        context.recorder.emit(Event(FORGOTTEN, time.time(), text, mac=wanted))
    return {"forgotten": wanted}


def seen_by(context: Context) -> dict[str, Machine]:
    """By MAC, the last seen first, without those that are hosts by now or rehearsals."""
    known = shared(context.store).current().by_mac
    with context.store.site.read() as connection:
        rehearsed = installs.rehearsed_macs(connection)
    with context.store.events.read() as connection:
        found = stored.machines(connection)
    return {machine.mac: machine for machine in found if machine.mac not in known and machine.mac not in rehearsed}


def _shown(machine: Machine, seen: Iterable[Machine], snapshot: Snapshot) -> dict[str, Any]:
    known = ARCHITECTURES.get(machine.arch) if machine.arch is not None else None
    return {
        **{name: getattr(machine, name) for name in _SAID},
        "firmware": str(known.firmware) if known and known.firmware else None,
        "architecture": known.name if known else None,
        "notes": list(_notes(machine, seen, snapshot)),
    }


def _notes(machine: Machine, seen: Iterable[Machine], snapshot: Snapshot) -> Iterable[str]:
    yield from _uuid_notes(machine, seen, snapshot)
    found = serial.claim(snapshot.by_serial, machine.serial)
    if found is not None and len(found.hosts) == 1:
        name = found.hosts[0]
        yield f"it says {name}'s serial number: another card of {name}? pxeserve discovered adopt {machine.mac} --name {name}"


def _uuid_notes(machine: Machine, seen: Iterable[Machine], snapshot: Snapshot) -> Iterable[str]:
    if machine.uuid is None:
        return
    if says_nothing(machine.uuid):
        yield "its system UUID says nothing: whole series of boards carry it"
        return
    found = claim(snapshot.by_uuid, machine.uuid)
    if found is not None and len(found.hosts) == 1:
        name = found.hosts[0]
        yield f"it says {name}'s system UUID: another card of {name}? pxeserve discovered adopt {machine.mac} --name {name}"
    others = [one.mac for one in seen if one.uuid == machine.uuid and one.mac != machine.mac]
    if others:
        yield f"{', '.join(others[:3])} says the same system UUID: cards of one machine, or boards with one UUID"

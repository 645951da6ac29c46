"""From a discovered machine to a host: which of them an entry means, and what they say that the entry does not.

A UUID is taken over only where it tells one machine: not one that says nothing, and not one that more machines say than are meant.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from pxeserve.domain.client import parse_mac
from pxeserve.domain.host import Host
from pxeserve.domain.identity import same_machine, says_nothing
from pxeserve.errors import ConflictError, NotFoundError, PxeserveError, RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.inventory import hosts
from pxeserve.operations.inventory.entries import Cell, Entry, at
from pxeserve.operations.words.selection import nearest
from pxeserve.store import audit, inventory
from pxeserve.store.discovered import Machine

SEEN = "pxeserve discovered list shows them all"


def completed(entry: Entry, seen: Mapping[str, Machine], connection: Connection, notes: list[str]) -> Entry:
    """`entry` with the MACs and the UUID of the discovered machine that it names by either. Raises PxeserveError when there is none, or
    when the name is a host's already."""
    with at(entry.place):
        if inventory.host(connection, entry.name.strip().lower()) is not None:
            raise ConflictError(f"there is already a host {entry.name.strip().lower()}", fix="give the machine a name of its own")
        found = _meant(entry, seen)
        uuid = _uuid(entry, found, seen, connection, notes)
    cells = entry.cells
    if not entry.macs():
        cells = (*cells, Cell("mac", [machine.mac for machine in found], entry.place))
    if uuid is not None:
        cells = (*cells, Cell("uuid", uuid, entry.place))
    return replace(entry, cells=cells)


def _meant(entry: Entry, seen: Mapping[str, Machine]) -> list[Machine]:
    if written := entry.macs():
        return [heard(mac, seen) for mac in hosts.macs(written)]
    wanted = entry.value("uuid")
    if wanted is None:
        raise PxeserveError(f"host {entry.name}: a MAC or a system UUID has to say which machine it is", fix=SEEN)
    found = [machine for machine in seen.values() if machine.uuid and same_machine(machine.uuid, str(wanted).lower())]
    if not found:
        raise NotFoundError(f"no discovered machine says the system UUID {wanted}", fix=SEEN)
    return found


def heard(mac: str, seen: Mapping[str, Machine]) -> Machine:
    """The machine with this MAC. Raises NotFoundError with the nearest one that was heard."""
    found = seen.get(mac)
    if found is None:
        near = nearest(mac, seen)
        raise NotFoundError(f"no machine with the MAC {mac} was heard", fix=f"did you mean {near}?" if near else SEEN)
    return found


def _uuid(entry: Entry, found: Sequence[Machine], seen: Mapping[str, Machine], connection: Connection, notes: list[str]) -> str | None:
    said = {machine.uuid for machine in found if machine.uuid}
    if entry.value("uuid") is not None or not said:
        return None
    uuid = min(said)
    ours = {machine.mac for machine in found}
    others = [machine.mac for machine in seen.values() if machine.uuid == uuid and machine.mac not in ours]
    owner = next((host.name for host in inventory.hosts(connection) if host.uuid and same_machine(host.uuid, uuid)), None)
    if len(said) > 1:
        why = "its MACs say more than one"
    elif says_nothing(uuid):
        why = "whole series of boards carry it"
    elif owner is not None:
        why = f"it is {owner}'s"
    elif others:
        why = f"{', '.join(others[:3])} says it too: cards of the same machine (name all its MACs), or boards with one UUID"
    else:
        return uuid
    notes.append(f"host {entry.name}: the system UUID {uuid} was not taken over: {why}")
    return None


def another_card(context: Context, connection: Connection, host: Host, machine: Machine) -> Host:
    """Enter `machine`'s MAC for `host`, whose UUID it has to say. Raises RefusedError."""
    if host.uuid is None or machine.uuid is None or not same_machine(host.uuid, machine.uuid):
        theirs, own = machine.uuid or "no system UUID", host.uuid or "none"
        cards = " ".join(f"--mac {one}" for one in (*host.macs, machine.mac))
        raise RefusedError(
            f"there is already a host {host.name}, and {machine.mac} cannot be told for a card of it: it says {theirs}, the host has {own}",
            fix=f"give the machine another name, or enter it as it is: pxeserve host set {host.name} {cards}",
        )
    changed = replace(host, macs=(*host.macs, machine.mac))
    hosts.check(connection, context.config, changed)
    audit.append(connection, time.time(), context.actor.name, "discovered.adopt", host.name)
    return hosts.save(connection, changed)


def mac_of(text: str) -> str:
    """A MAC as people write it, normalised. Raises PxeserveError."""
    try:
        return parse_mac(text)
    except ValueError as error:
        raise PxeserveError(str(error)) from None

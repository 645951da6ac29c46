"""Many hosts at once, out of a spreadsheet's table or a list in YAML: each entry says what is set for one host, and where it stands, so
that every mistake is pointed at. All of them are taken in one transaction, or none.

Refuses to know how a file is spelt; that is `spreadsheet` and `declared`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from pxeserve.answerfile.declared import kept
from pxeserve.domain.host import Host
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.inventory import hosts
from pxeserve.operations.inventory.difference import difference, host_flat
from pxeserve.operations.inventory.inherited import Inherited
from pxeserve.operations.inventory.remembering import Changed, remember
from pxeserve.operations.inventory.rivals import beside
from pxeserve.operations.words.labels import tag_names
from pxeserve.operations.words.settings import Setting
from pxeserve.store import audit, inventory

_PARTS = re.compile(r"[;,\s]+")


@dataclass(frozen=True, slots=True)
class Cell:
    """One thing that is said of a host: `key` as on the command line (`mac`, `rack`, `admin-interface.ip`), its value (text, or what YAML
    holds), and its place in a sentence."""

    key: str
    value: Any
    place: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file says of the host `name`; `place` is where it begins."""

    name: str
    cells: tuple[Cell, ...]
    place: str

    def macs(self) -> list[str]:
        """The MACs that it names, as they are written."""
        return [one for cell in self.cells if cell.key == "mac" for one in parts(cell.value)]

    def value(self, key: str) -> Any:
        """What it says of `key`, None for nothing."""
        return next((cell.value for cell in self.cells if cell.key == key), None)


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it: the difference in lines, the hosts that changed or came, and what people should know beside."""

    lines: tuple[str, ...]
    hosts: tuple[Host, ...]


class Undo(Exception):
    """Leaves a transaction without its changes."""


def parts(value: Any) -> list[str]:
    """The words of a cell that holds several: a list, or a text in which `;`, commas or spaces part them."""
    words = value if isinstance(value, list) else _PARTS.split(str(value))
    return [str(word).strip() for word in words if str(word).strip()]


def host_of(entry: Entry, before: Host | None) -> Host:
    """The host that `entry` makes of `before`; None makes a new one. Raises PxeserveError with the place of what is wrong."""
    with at(entry.place):
        host = before or Host(0, hosts.host_name(entry.name), (), "")
    for cell in entry.cells:
        with at(cell.place):
            host = _with(host, cell)
    if not host.profile:
        with at(entry.place):
            raise PxeserveError(f"host {host.name} is new and needs a profile")
    return host


def take(context: Context, connection: Connection, entries: Sequence[Entry], action: str) -> Taken:
    """Check all entries together and store them, as one line of the audit each host. Raises PxeserveError with the place of the first
    mistake; the transaction is to be given up then."""
    present = {host.name: host for host in inventory.hosts(connection)}
    places: dict[str, str] = {}
    pairs: list[tuple[Host | None, Host]] = []
    for entry in entries:
        name = entry.name.strip().lower()
        with at(entry.place):
            if name in places:
                raise PxeserveError(f"host {name} stands here already: {places[name]}")
        places[name] = entry.place
        before = present.get(name)
        host = host_of(entry, before)
        if host != before:
            pairs.append((before, host))
    rivals = beside(connection, context.config, [host for _, host in pairs])
    for _, host in pairs:
        with at(places[host.name]):
            rivals.check(host)
    changed = hosts.save_all(connection, [host for _, host in pairs]) if pairs else []
    answers = [Changed("host", host.name, before.answers if before else None, host.answers) for before, host in pairs]
    remember(connection, context, action, answers)

    def pointing(whose: str) -> AbstractContextManager[None]:
        return at(places.get(whose.removeprefix("host "), ""))

    Inherited(connection, context.config.server.data).check_changed((), changed, pointing)
    for host in changed:
        audit.append(connection, time.time(), context.actor.name, action, host.name)
    lines = [difference("host", host.name, host_flat(before) if before else None, host_flat(host)) for before, host in pairs]
    return Taken(tuple(lines), tuple(changed))


@contextmanager
def at(place: str) -> Iterator[None]:
    """Puts `place` before whatever is wrong within."""
    try:
        yield
    except PxeserveError as error:
        said = f"{place}: {error.message}" if place else error.message
        raise PxeserveError(said, code=error.code, fix=error.fix) from None


def _with(host: Host, cell: Cell) -> Host:
    match cell.key:
        case "name":
            return host
        case "mac":
            return replace(host, macs=hosts.macs(parts(cell.value)))
        case "profile":
            return replace(host, profile=str(cell.value))
        case "tags":
            return replace(host, tags=tag_names(parts(cell.value)))
        case "answerfile":
            if not isinstance(cell.value, Mapping):
                raise PxeserveError("answerfile is not a table of KEY: VALUE")
            return replace(host, answers=kept(cell.value, host.answers))
    return hosts.changed(host, [Setting(tuple(cell.key.split(".")), str(cell.value))])

"""A large site laid down in a store, as it is after months: racks of hosts, some at work and some in trouble, and a full record."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from bench import media
from pxeserve.accounts import people, sessions
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.role import Role
from pxeserve.moment import SYSTEM
from pxeserve.store import Store, audit, discovered, inventory, leases, open_store
from pxeserve.store import events as record
from pxeserve.store import tables as t
from pxeserve.store.discovered import Machine
from pxeserve.store.leases import LeaseRow
from pxeserve.supervisor import prepare

DAYS = 30.0
OF_A_RACK = 40
_OF_A_BOOT = 50
STREAMS_OF_ONE = 16
_LINES, _STRANGERS = 20_000, 500
_STATES = ("done",) * 40 + ("failed", "lapsed", "cancelled", "armed", "booting", "installing")
_LIVE = frozenset({"armed", "booting", "installing"})
_BEFORE = 2
"""Installs that each host had before its newest."""
_REMEMBERED = {"answerfile": {f"setting-{number}": "a value as people declare it" for number in range(12)}}
_SINCE = 900.0
"""Seconds for which the hosts that are on their way have been armed."""
_STAGES = {"loader": 2.5, "kernel": 20.0, "packages": 82.0, "configuration": 50.0}


@dataclass(frozen=True, slots=True)
class Laid:
    """What is there: a host of whom much is on record, a session of an administrator, and sessions of those who follow."""

    data: Path
    host: str
    session: str
    followers: tuple[str, ...]


def lay(data: Path, hosts: int, events: int, streams: int) -> Laid:
    """All of it beneath `data`."""
    data.mkdir()
    prepare.fill(data)
    media.lay(data, {f"Packages/package-{number}.rpm": 20_000 for number in range(500)})
    store = open_store(data, migrate=True)
    now = time.time()
    names = [f"xen-{number:05}" for number in range(hosts)]
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack", media.NAME, None, {"primary-disk": "sda", "timezone": "Europe/London"}))
        inventory.put_hosts(connection, [_host(number, name) for number, name in enumerate(names)])
        connection.execute(t.install.insert(), _installs(connection, now))
        for number in range(_LINES):
            audit.append(connection, now - _LINES + number, "anna", "host.install", names[number % hosts])
    secrets = _people(store, -(-streams // STREAMS_OF_ONE))
    with store.events.write() as connection:
        for batch in _batches(sorted(_record(names, events, now), key=lambda row: row["at"])):
            record.add(connection, batch)
        record.add_counts(connection, {(int(now) // 60 - minute, "traffic", "dhcp"): minute % 17 for minute in range(1440)})
        discovered.put(connection, [_stranger(number, now) for number in range(_STRANGERS)], _STRANGERS)
    with store.leases.write() as connection:
        leases.put(connection, [_lease(number, now) for number in range(hosts // 2)])
    store.close()
    return Laid(data, names[1], secrets[0], tuple(secrets[1:]))


def _mac(number: int) -> str:
    return (0x525401000000 | number).to_bytes(6).hex(":")


def _host(number: int, name: str) -> Host:
    tags = ("prod", "gpu") if number % 3 == 0 else ("prod",)
    return Host(0, name, (_mac(number), _mac(number | 1 << 23)), "rack", rack=f"R{number // OF_A_RACK:03}", tags=tags)


def _installs(connection: Any, now: float) -> list[dict[str, Any]]:
    found = []
    for number, host in enumerate(sorted(inventory.hosts(connection), key=lambda host: host.name)):
        state = _state_of(number)
        at = now - _SINCE if state in _LIVE else now - DAYS * 86_400 * (number % 97) / 97
        found.append(_install(f"i{number}", host.id, state, at))
        found += [_install(f"i{number}-{nth}", host.id, "done", at - (nth + 1) * DAYS * 86_400) for nth in range(_BEFORE)]
    return found


def _install(name: str, host_id: int, state: str, at: float) -> dict[str, Any]:
    live = state in _LIVE
    return {
        "id": name, "host_id": host_id, "mode": "fresh", "interactive": False, "wants_answerfile": True, "state": state,
        "version": 3, "armed_by": "anna", "armed_at": at, "armed_boot_id": "x", "armed_boottime": 0.0, "expires": at + 86_400,
        "medium": media.NAME, "medium_revision": "r", "sealed": b"sealed" * 3000 if live else None, "ended_at": None if live else at + 600,
        "ended_because": None if live else "the installer reported it", "remembered": _REMEMBERED,
    }  # fmt: skip


def _state_of(number: int) -> str:
    return _STATES[number % len(_STATES)]


def _people(store: Store, many: int) -> list[str]:
    """Sessions: the first is the reader's, the others follow."""
    now = SYSTEM.now()
    found = []
    with store.site.write() as connection:
        for number in range(many + 1):
            name = f"person-{number}"
            people.add(connection, people.new(name, Role.ADMIN, "no password", "bench", now.wall), "bench", now.wall)
            found.append(sessions.begin(connection, name, "127.0.0.1", "bench", now)[0])
    return found


def _record(names: list[str], count: int, now: float) -> Iterator[dict[str, Any]]:
    """One boot after another, each host in its turn: an address, files, packages, an end; and those that are on their way now, all at once,
    each as far as it has come."""
    step = DAYS * 86_400 / count
    live = [number for number in range(len(names)) if _state_of(number) in _LIVE]
    host = -1
    for number in range(count - len(live) * _OF_A_BOOT):
        part = number % _OF_A_BOOT
        host = host + 1 if part == 0 else host
        which = 1 if host % 40 == 7 else host % len(names)
        yield _row(part, which, names[which], f"s{host}", now - _SINCE - (count - number) * step, number * step)
    for which in live:
        for part in range({"armed": 1, "booting": 9, "installing": which % _OF_A_BOOT or 1}[_state_of(which)]):
            at = now - _SINCE * (1 - part / _OF_A_BOOT)
            yield _row(part, which, names[which], f"live{which}", at, count * step + at - now)


def _row(part: int, which: int, name: str, session: str, at: float, steady: float) -> dict[str, Any]:
    kind, data, text = _event(part, which)
    return {
        "kind": kind, "at": at, "host": name, "mac": _mac(which), "address": "10.77.0.9", "install": f"i{which}",
        "session": session if part else None, "text": text, "data": data, "outbox_id": None, "steady": steady,
    }  # fmt: skip


def _event(part: int, which: int) -> tuple[str, dict[str, Any], str]:
    match part:
        case 0:
            return "install.armed", {"mode": "fresh", "medium": media.NAME, "by": "anna"}, "armed by anna"
        case 1:
            return "dhcp.discover", {"arch": 0, "vendor_class": "PXEClient:Arch:00000"}, "asks for an address"
        case 2 | 3:
            because = [{"weight": "chosen", "code": "armed", "text": "armed for xcp83", "source": "install"}] * 3
            return "dhcp.offer" if part == 2 else "dhcp.ack", {"because": because, "file": "b/s/debian/pxelinux.0"}, "is lent an address"
        case 4:
            return "boot.menu", {"target": "installer", "because": []}, "menu for installer"
        case 5 | 6 | 7 | 8:
            data = {"file": f"b/s/debian/file-{part}", "outcome": "done", "bytes": 42_000, "seconds": 0.2, "asked": {"blksize": "1408"}}
            return "tftp.transfer", data, "a file by TFTP"
        case 9:
            return "http.answerfile", {"outcome": "delivered", "bytes": 1500}, "answerfile delivered"
        case 49:
            return ("install.failed" if which % 23 == 0 else "install.done"), {"because": "the installer reported it"}, "the end"
        case _:
            path = f"Packages/package-{part}.rpm"
            data = {"medium": media.NAME, "path": path, "outcome": "done", "bytes": 900_000, "seconds": 0.03}
            return "http.file", {**data, "package": part, "packages": 48}, path


def _batches(rows: Iterator[dict[str, Any]], size: int = 20_000) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _stranger(number: int, now: float) -> Machine:
    return Machine(f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}", now - 9000, now - number, 3, "PXEClient:Arch:00007:UNDI:003016", 7)


def _lease(number: int, now: float) -> LeaseRow:
    return LeaseRow(IPv4Address(0x0A4D0100 + number), _mac(number), "", f"xen-{number:05}", "bound", now - 60, now + 3600)


def follow_up(store: Store, host: str, number: int) -> None:
    """One more event of `host`, as the worker writes it."""
    data = json.loads('{"medium": "m", "path": "Packages/x.rpm", "outcome": "done", "bytes": 10, "seconds": 0.1}')
    row = {
        "kind": "http.file", "at": time.time(), "host": host, "mac": _mac(1), "address": "10.77.0.9", "install": "i1", "session": "s",
        "text": f"one more, {number}", "data": data, "outbox_id": None, "steady": None,
    }  # fmt: skip
    with store.events.write() as connection:
        record.add(connection, [row])

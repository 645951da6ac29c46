"""What shows the doctor's faults: a function for each, that makes surroundings and has a check look at them. A file a part of the house."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Seen
from pxeserve.doctor.finding import Blind, Finding
from pxeserve.doctor.registry import named
from pxeserve.store import Store
from pxeserve.store import events as stored
from tests.doctor.conftest import FAR, NOW, SUBNET, Make

SERVER_MODE = {"dhcp": {"mode": "server", "subnet": [SUBNET]}}
RELAYED = {"dhcp": {"mode": "server", "subnet": [SUBNET, FAR]}}
MAC = "52:54:00:77:00:01"
Scenario = Callable[[Make, Store, Path], Iterable[Finding | Blind]]


@dataclass(frozen=True)
class Shown:
    """The scenarios of one file: it marks a function as one that shows these faults, each `check/code`."""

    scenarios: dict[str, Scenario] = field(default_factory=dict)

    def __call__(self, *keys: str) -> Callable[[Scenario], Scenario]:
        def mark(scenario: Scenario) -> Scenario:
            for key in keys:
                assert key not in self.scenarios, key
                self.scenarios[key] = scenario
            return scenario

        return mark


def looked(name: str, around: Around) -> Seen:
    """What the check sees, mistakes of its own included."""
    (check,) = named([name])
    return check.look(around)


ON_THE_WIRE = {"address/no-way-back", "mtu/small-path", "relays/relay-unreachable", "disk/read-only", "disk/inodes"}
"""Shown in test_wire.py, with real routes and mounts."""


def told(store: Store, *rows: dict[str, Any]) -> None:
    """Rows into the record."""
    whole = [{"at": NOW - 60, "text": "", "data": {}, **row} for row in rows]
    columns = ("kind", "at", "text", "host", "mac", "address", "install", "session", "data", "outbox_id")
    with store.events.write() as connection:
        stored.add(connection, [{name: row.get(name) for name in columns} for row in whole])


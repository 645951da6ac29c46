"""A rack of forty simulated hosts, armed together: one fails, one lapses, the others are installed; and the rack's picture is right after
every single act of any of them."""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults.conftest import furnish_module  # noqa: F401
from tests.faults.machine import stock
from tests.faults.service import Service, until
from tests.faults.space import Space, space
from tests.record.rack import Slot

pytestmark = pytest.mark.netns
MANY, RACK = 40, "r2"
FAILS, LAPSES = 7, 23


@dataclass
class Rack:
    """The service, the machines, and what is shown of them."""

    service: Service
    slots: list[Slot] = field(default_factory=list)

    def ask(self, verb: str, **arguments: Any) -> Any:
        return self.service.ask(verb, **arguments)

    def picture(self) -> dict[str, dict[str, Any]]:
        """Each host as the rack's picture shows it, once that is right in itself."""
        shown = self.ask("rack.show", name=RACK)
        assert sum(shown["counts"].values()) == len(self.slots) == len(shown["hosts"])
        assert Counter(one["state"] for one in shown["hosts"]) == shown["counts"]
        return {one["host"]: one for one in shown["hosts"]}

    def differences(self) -> list[str]:
        """Where the picture is not what somebody would say who watched the machines."""
        shown = self.picture()
        found = []
        for slot in self.slots:
            one = shown[slot.name]
            if one["state"] != slot.state:
                found.append(f"{slot.name} is {one['state']}, not {slot.state}")
            elif slot.state == "answered" and slot.packages and (one["step"], one["package"]) != ("packages", slot.packages):
                found.append(f"{slot.name} is at {one['step']} {one['package']}, not at package {slot.packages}")
        return found


@pytest.fixture(scope="module")
def rack(furnish_module: Callable[..., Service]) -> Iterator[Rack]:  # noqa: F811
    with space() as where:
        service = furnish_module(where)
        stock(service)
        service.start()
        made = Rack(service)
        for number in range(MANY):
            name, mac, address = f"node{number:02}", f"52:54:00:7b:00:{number:02x}", f"10.78.2.{number + 1}"
            made.ask("host.add", name=name, mac=[mac], profile="demo", set=[f"rack={RACK}", f"address={address}"])
            fate = {FAILS: "fails", LAPSES: "lapses"}.get(number, "installs")
            made.slots.append(_slot(where, name, mac, address, fate))
        yield made


def _slot(where: Space, name: str, mac: str, address: str, fate: str) -> Slot:
    return Slot(where, name, mac, address, fate)


def _time_is_over(service: Service, name: str) -> None:
    with sqlite3.connect(service.data / "state" / "site.db", timeout=60) as connection:
        query = "UPDATE install SET expires = ? WHERE host_id = (SELECT id FROM host WHERE name = ?)"
        connection.execute(query, (time.time() - 1, name))
    connection.close()


def test_the_picture_is_right_after_every_act(rack: Rack) -> None:
    done = rack.service.command("host", "install", "--rack", RACK, "--count", str(MANY - 1))
    assert done.returncode != 0, "a wrong count arms nobody"
    assert all(one["state"] == "idle" for one in rack.picture().values())
    rack.service.told("host", "install", "--rack", RACK, "--count", str(MANY))
    assert not rack.differences()

    chance = random.Random(40)
    acting = list(rack.slots)
    acts = 0
    while acting:
        slot = chance.choice(acting)
        if not slot.act():
            acting.remove(slot)
            continue
        acts += 1
        until(lambda: not rack.differences(), f"right after {acts} acts, the last one of {slot.name}")
    _time_is_over(rack.service, rack.slots[LAPSES].name)
    rack.slots[LAPSES].state = "lapsed"
    assert not rack.differences()

    shown = rack.ask("rack.show", name=RACK)
    assert shown["counts"] == {"done": MANY - 2, "failed": 1, "lapsed": 1}
    assert [one["host"] for one in shown["hosts"] if one["troubled"]] == [rack.slots[FAILS].name, rack.slots[LAPSES].name]
    assert [slot.answerfiles for slot in rack.slots].count(1) == MANY - 1, "each was installed once"

"""A clock that nobody sets: what was stamped before and after the wall clock jumped keeps its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.events.steady import Steady, now_of
from pxeserve.moment import Moment
from pxeserve.store import events as stored
from pxeserve.timeline.boots import group

START = 1_800_000_000.0


@dataclass
class Machine:
    """A machine's two clocks: `up` seconds since its start, and a wall clock that may be set."""

    up: float = 100.0
    set_by: float = START - 100.0
    run: str = "first"
    looks: list[float] = field(default_factory=list)

    def now(self) -> Moment:
        return Moment(self.wall(), self.run, self.up)

    def wall(self) -> float:
        return self.up + self.set_by


def steady(room: Any, machine: Machine) -> Steady:
    return Steady(room.store, clock=machine)


def test_while_nobody_sets_it_it_is_the_wall_clock(room: Any) -> None:
    machine = Machine()
    clock = steady(room, machine)
    assert clock.now() == pytest.approx(START)
    machine.up += 5
    assert clock.of(machine.wall() - 2) == pytest.approx(START + 3)
    assert clock.of(machine.wall() - 86_400) == pytest.approx(START + 5 - 86_400)


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 30.0, -30.0, 86_400.0 * 365])
def test_a_jump_moves_nothing(room: Any, jump: float) -> None:
    machine = Machine()
    clock = steady(room, machine)
    clock.look()
    machine.up += 0.1
    before = machine.wall()
    machine.up += 0.05
    machine.set_by += jump
    just_after = machine.wall()
    machine.up += 0.05
    found = [clock.of(before), clock.of(just_after)]
    assert found == pytest.approx([START + 0.1, START + 0.15])
    machine.up += 10
    assert clock.of(machine.wall() - 1) == pytest.approx(START + 9.2)


def test_two_jumps_are_told_apart(room: Any) -> None:
    machine = Machine()
    clock = steady(room, machine)
    moments = []
    for jump in (0.0, -3600.0, 7200.0):
        machine.set_by += jump
        for _ in range(3):
            machine.up += 0.2
            moments.append((clock.look(), machine.wall()))
    assert [clock.of(wall) for _, wall in moments] == pytest.approx([moment for moment, _ in moments])


def test_a_new_worker_goes_on_where_the_last_one_stood(room: Any) -> None:
    machine = Machine()
    steady(room, machine).look()
    machine.set_by += 3600
    machine.up += 60
    again = steady(room, machine)
    assert again.look() == pytest.approx(START + 60)
    assert again.of(machine.wall()) == pytest.approx(START + 60)
    assert now_of(room.store, clock=machine) == pytest.approx(START + 60)


def test_a_new_start_of_the_machine_never_goes_back(room: Any) -> None:
    machine = Machine(up=5000.0, set_by=START - 5000.0)
    Ledger(room.store, steady=steady(room, machine)).write([Event("install.armed", machine.wall())])
    machine.run, machine.up, machine.set_by = "second", 10.0, START - 10_000
    assert now_of(room.store, clock=machine) == machine.wall()
    assert steady(room, machine).now() >= START


def test_a_boot_during_which_the_clock_is_set_stays_one_boot(room: Any) -> None:
    """From the worker's hand to the timeline: an hour back in the middle of a boot."""
    machine = Machine()
    ledger = Ledger(room.store, steady=steady(room, machine))
    told = [
        ("dhcp.discover", None), ("dhcp.offer", "s"), ("dhcp.ack", "s"), ("tftp.transfer", "s"), ("boot.menu", "s"),
        ("dhcp.discover", None), ("dhcp.ack", None), ("http.answerfile", None),
    ]  # fmt: skip
    for number, (kind, session) in enumerate(told):
        machine.up += 2
        ledger.look()
        machine.up += 0.1
        if number == 4:
            machine.set_by -= 3600
        ledger.write([Event(kind, machine.wall(), mac="52:54:00:77:00:01", session=session)])
    with room.store.events.read() as connection:
        rows = stored.latest(connection, stored.Wanted(), 100)
    assert rows[4].at < rows[0].at
    (boot,) = group(rows[::-1]).boots
    assert [event.kind for event in boot.events] == [kind for kind, _ in told]
    assert [round(one.moment - rows[0].moment, 3) for one in rows] == [round(2.1 * number, 3) for number in range(len(told))]

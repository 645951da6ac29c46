"""Of a flood of strangers the record hears the beginning and a trickle; of a host it hears everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pxeserve.dhcp.crowd import BURST, PER_SECOND, Crowd


def admitted(crowd: Crowd, count: int, now: float) -> int:
    return sum(crowd.admit(now) for _ in range(count))


def test_a_burst_then_so_many_a_second() -> None:
    crowd = Crowd()
    assert admitted(crowd, BURST + 100, 1000.0) == BURST
    assert admitted(crowd, 100, 1001.0) == PER_SECOND
    assert admitted(crowd, 2 * BURST, 9000.0) == BURST


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    crowd = Crowd()
    assert admitted(crowd, BURST, 1000.0) == BURST
    assert admitted(crowd, 5, 10.0) == 0
    assert admitted(crowd, 100, 11.0) == PER_SECOND


@pytest.mark.parametrize("plain", [True, False], ids=["ordinary", "network boot"])
def test_strangers_beyond_the_burst_are_answered_and_untold(world: Any, machine: Callable[..., Any], plain: bool) -> None:
    outcomes = [world.send(machine(1, plain=plain).discover()) for _ in range(BURST + 3)]
    assert all(outcome.reply is not None for outcome in outcomes)
    assert [outcome.untold for outcome in outcomes] == [False] * BURST + [True] * 3
    assert [outcome.heard is None and outcome.said is None for outcome in outcomes] == [False] * BURST + [True] * 3


def test_a_host_of_the_inventory_is_told_in_the_thick_of_it(world: Any, machine: Callable[..., Any]) -> None:
    one = machine(7)
    world.know({one.mac: None})
    for _ in range(BURST + 3):
        world.send(machine(1).discover())
    outcome = world.send(one.discover())
    assert not outcome.untold
    assert (outcome.heard.kind, outcome.said.kind) == ("discover", "offer")

"""Of a flood of strangers the record hears the beginning and a trickle; of a host it hears everything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pxeserve.domain.crowd import BURST


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

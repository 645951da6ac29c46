"""The same loader three times within a minute is a loop; anything slower, or anything else, is not."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pxeserve.boot.loaders import Loaders
from pxeserve.boot.session import SessionIds
from pxeserve.dhcp.booting import Boots
from pxeserve.dhcp.classify import classify
from pxeserve.dhcp.loops import LIMIT, WINDOW, Loops
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store

ADDRESS = IPv4Address("10.77.0.51")


def test_the_fourth_try_within_a_minute_is_a_loop() -> None:
    loops = Loops()
    assert [loops.is_one("a", number, "x", float(number)) for number in range(LIMIT + 1)] == [False] * LIMIT + [True]
    assert not loops.is_one("b", 9, "x", 9.0)


def test_one_exchange_counts_once() -> None:
    loops = Loops()
    assert not any(loops.is_one("a", 7, "x", float(number)) for number in range(20))


def test_slow_tries_and_other_loaders_are_no_loop() -> None:
    loops = Loops()
    assert not any(loops.is_one("a", number, "x", number * WINDOW / LIMIT) for number in range(20))
    assert not any(loops.is_one("b", number, "xy"[number % 2], float(number)) for number in range(20))


def test_a_loop_ends_when_the_machine_has_been_silent() -> None:
    loops = Loops()
    for number in range(LIMIT + 1):
        loops.is_one("a", number, "x", float(number))
    assert not loops.is_one("a", 9, "x", WINDOW + LIMIT)


def test_a_clock_that_was_set_back_makes_no_loop() -> None:
    loops = Loops()
    for number in range(LIMIT):
        loops.is_one("a", number, "x", 1000.0)
    assert not loops.is_one("a", 9, "x", 10.0)


@pytest.mark.quirk("ipxe-asks-again")
@pytest.mark.quirk("loop")
def test_a_looping_machine_is_named_nothing_and_told_why(store: Store, tmp_path: Path, machine: Callable[..., Any]) -> None:
    boots = Boots(store, SnapshotSource(store), Loaders(store, tmp_path), SessionIds(b"k" * 32))
    asker = classify(machine(1).discover())
    named = [boots.boot(asker, xid, ADDRESS, float(xid)) for xid in range(LIMIT + 1)]
    assert [boot.file is not None for boot in named] == [True] * LIMIT + [False]
    assert named[-1].refused
    assert (named[-1].because[-1].code, named[-1].because[-1].source) == ("loop", "dhcp")
    assert "Secure Boot" in named[-1].because[-1].text

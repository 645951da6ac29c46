"""The pace of turns: nobody waits alone, a storm waits a little, and nobody waits for a process that is behind."""

from __future__ import annotations

from pxeserve.dhcp.pace import Pace

TURN = 0.008


def test_who_comes_alone_never_waits() -> None:
    pace = Pace(64, TURN)
    assert pace.wait(1.0) == 0
    pace.begin(1.0)
    pace.took(1)
    assert pace.wait(1.0 + TURN) == 0
    assert pace.wait(5.0) == 0


def test_in_a_storm_a_turn_begins_so_long_after_the_last_one_began() -> None:
    pace = Pace(64, TURN)
    pace.begin(1.0)
    pace.took(63)
    assert 0 < pace.wait(1.0 + TURN / 4) < TURN
    assert pace.wait(1.0) + 1.0 == 1.0 + TURN


def test_who_was_left_behind_does_not_wait_and_the_next_ones_do_again() -> None:
    pace = Pace(64, TURN)
    pace.begin(1.0)
    pace.took(64)
    pace.took(3)
    assert pace.wait(1.001) == 0
    pace.begin(1.001)
    pace.took(2)
    assert pace.wait(1.002) > 0

"""Of a flood of strangers the record hears the beginning and a trickle; of a host it hears everything."""

from __future__ import annotations

from pxeserve.domain.crowd import BURST, PER_SECOND, Crowd


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


def test_a_larger_crowd_may_be_told_of_more() -> None:
    crowd = Crowd(burst=3, per_second=2)
    assert admitted(crowd, 10, 1000.0) == 3
    assert admitted(crowd, 10, 1001.0) == 2

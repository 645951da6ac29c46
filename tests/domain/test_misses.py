"""Who guesses names is told of a hundred times a minute, and nobody else less for it."""

from __future__ import annotations

from pxeserve.domain.misses import Misses


def test_a_hundred_a_minute_of_each_address_are_told() -> None:
    misses = Misses()
    assert [misses.admit("192.0.2.7", 60.0 + number / 10) for number in range(150)] == [True] * 100 + [False] * 50
    assert misses.admit("192.0.2.8", 75.0)
    assert misses.admit("192.0.2.7", 120.0)

"""The wall clock, and when somebody set it: leases run by elapsed time, whatever the calendar does (fault F17)."""

from __future__ import annotations

import time
from collections.abc import Callable

LEAST_JUMP = 5.0
"""Seconds. Less is the ordinary drift that NTP takes out, and no lease minds it."""


def _boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Clock:
    """Epoch seconds, told apart from jumps by a clock that nobody can set (CLOCK_BOOTTIME)."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = _boottime) -> None:
        self._wall = wall
        self._steady = steady
        self._offset = wall() - steady()

    def now(self) -> float:
        """Epoch seconds."""
        return self._wall()

    def jump(self) -> float:
        """By how many seconds the wall clock was set since the last call; 0 when it was not."""
        offset = self._wall() - self._steady()
        by = offset - self._offset
        if abs(by) < LEAST_JUMP:
            return 0.0
        self._offset = offset
        return by

"""When something was, by two clocks: the wall's, which people set, and the time since the machine started, which nobody can.

What has a time to live is over when either of them says so: an arming, a password that waits for somebody, a session, a token. Refuses to
know any of them.
"""

from __future__ import annotations

import functools
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

_TOLERANCE = 60.0
"""Seconds by which the wall clock may stand before something that was: small corrections by NTP."""


@dataclass(frozen=True, slots=True)
class Moment:
    """`wall` in epoch seconds; `boottime` in seconds since that start of the machine which has the id `boot_id`."""

    wall: float
    boot_id: str
    boottime: float


class Clock(Protocol):
    """Tells the moment."""

    def now(self) -> Moment: ...


@functools.cache
def boot_id() -> str:
    """The kernel's random id of this start of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The kernel's own."""

    def now(self) -> Moment:
        """By the wall clock and CLOCK_BOOTTIME, which goes on while the machine sleeps."""
        return Moment(time.time(), boot_id(), time.clock_gettime(time.CLOCK_BOOTTIME))


SYSTEM = SystemClock()


def read_at(wall: float, clock: Clock) -> Moment:
    """The present moment, for whoever has looked at the wall clock already and has to go by what it said."""
    return replace(clock.now(), wall=wall)


def elapsed(since: Moment, now: Moment) -> float:
    """Seconds between the two, by the clock that says more. A wall clock that was set back before `since` is a doubt, and tells of
    infinitely many."""
    by_wall = now.wall - since.wall
    if by_wall < -_TOLERANCE:
        return math.inf
    by_start = now.boottime - since.boottime if now.boot_id == since.boot_id else 0.0
    return max(by_wall, by_start, 0.0)

"""The clocks an arming is held against. The wall clock can be set back; time since the machine started cannot."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pxeserve.store.installs import InstallRow, Newest

_TOLERANCE = 60.0
"""Seconds by which the wall clock may stand before the moment of arming: small corrections by NTP."""


class Clock(Protocol):
    """Time since the machine started (seconds), and which start that was."""

    def boottime(self) -> float: ...
    def boot_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The kernel's own."""

    def boottime(self) -> float:
        """CLOCK_BOOTTIME: it goes on while the machine sleeps and never goes back."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def boot_id(self) -> str:
        """The kernel's random id of this start."""
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


SYSTEM = SystemClock()


def has_lapsed(row: InstallRow | Newest, now: float, clock: Clock = SYSTEM) -> bool:
    """Whether the time of `row` is over, by the wall clock `now` or by the time since start; a wall clock that stands before the
    moment of arming is a doubt, and counts as over."""
    if now >= row.expires or now < row.armed_at - _TOLERANCE:
        return True
    long_enough = clock.boottime() - row.armed_boottime >= row.expires - row.armed_at
    return long_enough and clock.boot_id() == row.armed_boot_id

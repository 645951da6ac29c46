"""When the time of an arming is over."""

from __future__ import annotations

from pxeserve.moment import SYSTEM, Clock, elapsed, read_at
from pxeserve.store.installs import InstallRow, Newest


def has_lapsed(row: InstallRow | Newest, now: float, clock: Clock = SYSTEM) -> bool:
    """Whether the time of `row` is over, by the wall clock `now` or by the time since the machine started; a wall clock that stands before
    the moment of arming is a doubt, and counts as over."""
    return elapsed(row.armed, read_at(now, clock)) >= row.expires - row.armed_at

"""What has a time to live is over by whichever clock says so first."""

from __future__ import annotations

import math

import pytest

from pxeserve.moment import SYSTEM, Moment, elapsed, read_at

THEN = Moment(1_800_000_000.0, "a", 5000.0)


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (Moment(1_800_000_100.0, "a", 5100.0), 100.0),
        (Moment(1_800_000_000.0, "a", 5100.0), 100.0),      # the wall clock was set back while time went by
        (Moment(1_800_086_500.0, "a", 5100.0), 86500.0),    # or on
        (Moment(1_799_999_970.0, "a", 5000.0), 0.0),        # a small correction
        (Moment(1_799_996_400.0, "a", 5000.0), math.inf),   # an hour back: a doubt
        (Moment(0.0, "a", 5100.0), math.inf),               # 1970
        (Moment(1_800_000_100.0, "b", 3.0), 100.0),         # another start of the machine
        (Moment(1_700_000_000.0, "b", 99999.0), math.inf),
    ],
)
def test_the_clock_that_says_more_counts(now: Moment, seconds: float) -> None:
    assert elapsed(THEN, now) == seconds


def test_the_kernel_s_clocks_go_on() -> None:
    first, second = SYSTEM.now(), SYSTEM.now()
    assert first.boot_id == second.boot_id != ""
    assert second.boottime >= first.boottime > 0


def test_who_has_looked_at_the_wall_clock_goes_by_what_it_said() -> None:
    found = read_at(5.0, SYSTEM)
    assert (found.wall, found.boot_id) == (5.0, SYSTEM.now().boot_id)
    assert found.boottime > 0

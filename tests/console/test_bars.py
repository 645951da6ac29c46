"""The picture of an installation: where bars begin and how long they are, to the hundredth of the axis."""

from __future__ import annotations

from typing import Any

from pxeserve.console.bars import picture


def stage(name: str, offset: float, seconds: float | None, median: float | None = None, **more: Any) -> dict[str, Any]:
    usual = {"seconds": median, "of": 3} if median is not None else None
    lasting = None if seconds is not None else more.pop("lasting", 0.0)
    return {"name": name, "offset": offset, "seconds": seconds, "lasting": lasting, "median": usual, "ok": True, **more}


def install(*stages: dict[str, Any], ended: bool = True) -> dict[str, Any]:
    return {"stages": list(stages), "ended": ended}


def test_the_axis_begins_where_the_machine_was_first_heard() -> None:
    """It was armed for an hour before: that is told, and flattens nothing."""
    found = picture(install(stage("armed", 0, 3600), stage("address", 3600, 25), stage("kernel", 3625, 75)))
    armed, address, kernel = found.bars
    assert (armed.at, armed.width) == (None, 0.0)
    assert (address.at, address.width, kernel.at, kernel.width) == (0.0, 25.0, 25.0, 75.0)
    assert [(tick.seconds, tick.at) for tick in found.ticks] == [(second, float(second)) for second in range(0, 91, 15)]


def test_a_median_that_is_longer_than_the_stage_still_lies_on_the_axis() -> None:
    (bar,) = picture(install(stage("packages", 0, 50, median=100))).bars
    assert (bar.width, bar.usual, bar.slow) == (50.0, 100.0, False)


def test_a_stage_is_slow_by_half_as_much_again_and_by_some_seconds() -> None:
    slow = [picture(install(stage("packages", 0, seconds, median=median))).bars[0].slow for seconds, median in ((16, 10), (14, 10), (2, 1))]
    assert slow == [True, False, False]


def test_kinds_say_what_went_well_what_lasts_and_what_did_not() -> None:
    going = picture(install(stage("address", 0, 1), stage("packages", 1, None, lasting=9.0), ended=False))
    assert [(bar.kind, bar.lasting) for bar in going.bars] == [("good", False), ("moving", True)]
    assert going.bars[1].width == 90.0
    failed = picture(install(stage("packages", 0, 9, ok=False), stage("failed", 9, None)))
    assert [(bar.kind, bar.instant, bar.lasting) for bar in failed.bars] == [("bad", False, False), ("bad", True, False)]
    assert picture(install(stage("disks", 0, 1))).bars[0].silent


def test_what_took_no_time_is_seen_all_the_same_and_nothing_is_no_error() -> None:
    assert picture(install(stage("address", 0, 0.001), stage("packages", 1, 10_000))).bars[0].width > 0
    empty = picture(install())
    assert (empty.bars, [tick.at for tick in empty.ticks]) == ((), [0.0, 100.0])
    assert len(picture(install(stage("packages", 0, 9e9))).ticks) < 10

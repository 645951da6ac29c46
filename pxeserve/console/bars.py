"""The picture of an installation: its stages as bars on one axis of time, each beside what such a stage usually takes.

The axis begins where the machine was first heard: how long somebody took to switch it on would flatten all the rest. Pure: takes what the
verb `timeline` tells of an installation, gives places in hundredths of the axis. Refuses to know how it is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pxeserve.timeline.stages import INSTANT, SILENT, Phase

_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 604800)
_MOST_TICKS = 7
_THINNEST = 0.35
"""Hundredths of the axis that a bar has at least, so that it can be seen."""
_SLOW, _SLOWER_BY = 1.5, 5.0
"""A stage is slow when it takes so many times its median, and so many seconds more."""
_WRONG = frozenset({Phase.FAILED, Phase.LAPSED, Phase.FROZEN, Phase.INSTALL_FAILED})
_INSTANT = frozenset(map(str, INSTANT))
_SILENT = frozenset(map(str, SILENT.values()))


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the axis, and the seconds since its beginning."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A stage. `at` and `width` are hundredths of the axis, None for one that is before it; `usual` is the width of its median. `kind` is a
    word of the page's colours. `stage` is what the verb told."""

    stage: Mapping[str, Any]
    kind: str
    at: float | None
    width: float
    usual: float | None
    lasting: bool
    instant: bool
    silent: bool
    slow: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """The bars of an installation, in the order of its story, and the ticks of their axis."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]


def picture(install: Mapping[str, Any]) -> Picture:
    """The picture of one of the verb's `installs`."""
    stages = install["stages"]
    heard = next((one["offset"] for one in stages if one["name"] != Phase.ARMED), 0.0)
    length = max((_end(one, heard) for one in stages), default=0.0) or 1.0
    ended = bool(install["ended"])
    return Picture(tuple(_bar(one, heard, length, ended=ended) for one in stages), _ticks(length))


def _end(stage: Mapping[str, Any], heard: float) -> float:
    """Where the stage ends, or would if it took what is usual: seconds on the axis."""
    if stage["name"] == Phase.ARMED:
        return 0.0
    usual = stage["median"]["seconds"] if stage["median"] else 0.0
    return float(stage["offset"] - heard + max(_seconds(stage), usual))


def _bar(stage: Mapping[str, Any], heard: float, length: float, *, ended: bool) -> Bar:
    name, seconds = str(stage["name"]), _seconds(stage)
    median = stage["median"]["seconds"] if stage["median"] else None
    before = name == Phase.ARMED
    instant = name in _INSTANT
    lasting = stage["seconds"] is None and not ended and not instant
    return Bar(
        stage,
        _kind(stage, lasting=lasting),
        None if before else _share(stage["offset"] - heard, length),
        0.0 if before or instant else max(_share(seconds, length), _THINNEST),
        _share(median, length) if median is not None and not before else None,
        lasting,
        instant,
        name in _SILENT,
        median is not None and seconds > median * _SLOW and seconds > median + _SLOWER_BY,
    )


def _kind(stage: Mapping[str, Any], *, lasting: bool) -> str:
    if not stage["ok"] or stage["name"] in _WRONG:
        return "bad"
    if lasting:
        return "moving"
    return "quiet" if stage["name"] in (Phase.ARMED, Phase.CANCELLED) else "good"


def _seconds(stage: Mapping[str, Any]) -> float:
    return float(stage["seconds"] if stage["seconds"] is not None else stage["lasting"] or 0.0)


def _share(seconds: float, length: float) -> float:
    return round(min(max(100 * seconds / length, 0.0), 100.0), 2)


def _ticks(length: float) -> tuple[Tick, ...]:
    step = next((one for one in _STEPS if length / one <= _MOST_TICKS), length)
    return tuple(Tick(_share(number * step, length), number * step) for number in range(int(length / step) + 1))

"""How long stages usually take: the median of earlier installations of the same profile. Refuses to know where those are kept."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Median:
    """Half of the `of` installations that came to this stage took `seconds` or less for it."""

    seconds: float
    of: int


def medians(earlier: Iterable[Mapping[str, float]]) -> dict[str, Median]:
    """The median of each stage, by its name, over the durations (seconds by stage) of `earlier` installations."""
    found: dict[str, list[float]] = {}
    for durations in earlier:
        for name, seconds in durations.items():
            found.setdefault(name, []).append(seconds)
    return {name: Median(statistics.median(all_of_them), len(all_of_them)) for name, all_of_them in found.items()}

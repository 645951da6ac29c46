"""Rounds, medians, ratios, goals, and how they are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Goal:
    """What is held: `ours` against `peer`, the better way round: a ratio above `least` is good.

    `what` names the figure: a rate (more is better), or a cost that begins with "us" or "s" (less is better).
    """

    case: str
    peer: str
    least: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A goal with what was measured: by wall clock, and by the server's CPU, which is the steadier on a shared machine."""

    goal: Goal
    wall: float
    cpu: float

    @property
    def held(self) -> bool:
        """Whether either shows it; which one does is printed."""
        return max(self.wall, self.cpu) >= self.goal.least

    def __str__(self) -> str:
        word = "held" if self.held else "MISSED"
        return f"{word:7}{self.goal.case:28}{self.goal.least:6.2f} x {self.goal.peer:12} wall {self.wall:6.2f}  cpu {self.cpu:6.2f}"


def middle(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def spread(rounds: Sequence[Mapping[str, float]], name: str) -> str:
    """Median, least and most."""
    values = [one[name] for one in rounds]
    return f"{median(values):.4g} ({min(values):.4g}-{max(values):.4g})"


def ratio(better: float, worse: float) -> float:
    """`better` over `worse`; 0 when there is nothing to compare with."""
    return better / worse if worse else 0.0

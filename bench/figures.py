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
    """A goal with what was measured: by wall clock, and by the server's CPU. `by` is "wall" or "cpu", the one that counts."""

    goal: Goal
    wall: float
    cpu: float
    by: str

    @property
    def held(self) -> bool:
        """Whether the one that counts shows it."""
        return (self.wall if self.by == "wall" else self.cpu) >= self.goal.least

    def __str__(self) -> str:
        word = "held" if self.held else "MISSED"
        goal = f"{self.goal.case:28}{self.goal.least:6.2f} x {self.goal.peer:12}"
        return f"{word:7}{goal} wall {self.wall:6.2f}  cpu {self.cpu:6.2f}  by {self.by}"


def middle(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which `part` of them lie; infinity when there are none."""
    return sorted(values)[min(int(part * len(values)), len(values) - 1)] if values else float("inf")


def spread(rounds: Sequence[Mapping[str, float]], name: str) -> str:
    """Median, least and most."""
    values = [one[name] for one in rounds]
    return f"{median(values):.4g} ({min(values):.4g}-{max(values):.4g})"


def steadier(*servers: Sequence[Mapping[str, float]]) -> str:
    """Which of the two varied less from round to round, by the server that varied more: "wall" or "cpu"."""
    return "cpu" if _varied("cpu", servers) <= _varied("rate", servers) else "wall"


def _varied(name: str, servers: Sequence[Sequence[Mapping[str, float]]]) -> float:
    values = [[one[name] for one in rounds] for rounds in servers]
    return max(ratio(max(one) - min(one), median(one)) for one in values)


def ratio(better: float, worse: float) -> float:
    """`better` over `worse`; 0 when there is nothing to compare with."""
    return better / worse if worse else 0.0

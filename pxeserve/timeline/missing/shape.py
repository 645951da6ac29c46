"""What a rule is made of: an expectation after a step, and a cause for its not being met. Refuses to know any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.steps import Step

Holds = Callable[[Situation], bool]
"""Whether something is so, as far as the record tells."""


class Weight(IntEnum):
    """How much speaks for a cause."""

    RULED_OUT = 0
    POSSIBLE = 1
    LIKELY = 2
    PROVEN = 3  # it stands in the record


Weigh = Callable[[Situation], Weight]


@dataclass(frozen=True, slots=True)
class Slower:
    """Machines that take longer: `when` says which, in words and as a test; `patience` in seconds."""

    patience: float
    when: str
    holds: Holds
    source: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """What follows `after`, where `holds`; of several the first that does counts. `patience` is how long machines take at most, in seconds
    since the last sign of life; None: nobody waits. `missing` says what it means that nothing came; `when` is `holds` in
    words. An `expected` of "": nothing is missing."""

    after: Step
    expected: str
    patience: float | None
    missing: str
    source: str
    when: str = ""
    holds: Holds | None = None
    slower: tuple[Slower, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A cause for which the step that should follow any of `after` does not come. `when` says in words what `weigh` weighs. `code` is a
    stable word, `text` the cause, `tell` how it is told apart from the others, `fix` what to do; words in braces are `words.WORDS`.
    `source` is where the fact is known from. `at_once`: when the record proves it, nobody need wait for the patience to run out."""

    code: str
    after: tuple[Step, ...]
    when: str
    weigh: Weigh
    text: str
    tell: str
    fix: str
    source: str
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """A rule as it reads for one boot, in the words of all that finds anything (docs/findings.md). `weight`: possible, likely or proven."""

    code: str
    weight: str
    text: str
    tell: str
    fix: str
    source: str


@dataclass(frozen=True, slots=True)
class Next:
    """What should come now. `overdue` says that it has taken longer than machines take, or that it will not come, and `text` then what that
    means; `causes` are why, the likeliest first, without those that the record rules out. `source` is where the expectation is known
    from."""

    expected: str
    overdue: bool
    text: str
    source: str
    causes: tuple[Cause, ...] = ()


def possible(holds: Holds) -> Weigh:
    """It may be so where `holds`; nothing speaks for it."""
    return lambda situation: Weight.POSSIBLE if holds(situation) else Weight.RULED_OUT


def likely(holds: Holds) -> Weigh:
    """It is likely where `holds`."""
    return lambda situation: Weight.LIKELY if holds(situation) else Weight.RULED_OUT


def proven(holds: Holds) -> Weigh:
    """The record says so where `holds`."""
    return lambda situation: Weight.PROVEN if holds(situation) else Weight.RULED_OUT


def strongest(*weighs: Weigh) -> Weigh:
    """The most that any of `weighs` gives."""
    return lambda situation: max(weigh(situation) for weigh in weighs)


def always(_situation: Situation) -> bool:
    """Nothing rules it out."""
    return True

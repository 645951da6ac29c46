"""What a check can find, as data, and what it then says: what is so, where, how it shows, and the sentence that fixes it.

Refuses to know how anything is found out, and how it is shown.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from pxeserve.events.record import harmless

_LONGEST = 400


class Grade(StrEnum):
    """How bad it is: `stops` machines now, `harms` some of them or some day, or is a `note` with which nothing is wrong."""

    STOPS = "stops"
    HARMS = "harms"
    NOTE = "note"


ORDER = tuple(Grade)
"""The worst first."""


class State(StrEnum):
    """What came of a check. One that could look at a part alone is `fine` in no case."""

    FINE = "fine"
    WRONG = "wrong"
    BLIND = "cannot look"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, in the words of all that finds anything (docs/findings.md). `code` is a stable word for programs; with
    `check` and `where` it tells the same thing found again. `text` is what is so, `tell` how it shows, `source` where it is known from."""

    check: str
    code: str
    grade: Grade
    text: str
    where: str
    tell: str
    fix: str
    source: str = ""

    @property
    def key(self) -> str:
        """The same as long as it is the same thing, whatever figures its sentences hold."""
        return f"{self.check}/{self.code}/{self.where}"

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Fault:
    """What can be found: sentences in which `{words}` stand for what was seen."""

    code: str
    grade: Grade
    text: str
    tell: str
    fix: str

    def found(self, where: str, **words: object) -> Finding:
        """This fault, here. The words may come from anybody: they are made harmless."""
        safe = {name: harmless(str(word), _LONGEST) for name, word in words.items()}
        text, tell, fix = (said.format_map(safe) for said in (self.text, self.tell, self.fix))
        return Finding("", self.code, self.grade, text, harmless(where), tell, fix)


@dataclass(frozen=True, slots=True)
class Blind:
    """A part that could not be looked at: `text` says why, `fix` what would let one look."""

    text: str
    fix: str = ""

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {"text": harmless(self.text, _LONGEST), "fix": self.fix}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check."""

    check: str
    looks_at: str
    findings: tuple[Finding, ...] = ()
    blind: tuple[Blind, ...] = field(default=())

    @property
    def state(self) -> State:
        """Wrong as soon as something is; else blind as soon as a part could not be seen."""
        if any(one.grade is not Grade.NOTE for one in self.findings):
            return State.WRONG
        return State.BLIND if self.blind else State.FINE

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "check": self.check,
            "looks_at": self.looks_at,
            "state": self.state.value,
            "findings": [one.plain() for one in self.findings],
            "cannot_look": [one.plain() for one in self.blind],
        }

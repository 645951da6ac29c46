"""Differences between a file and its conversion, and the way on which they come about.

Refuses to know which differences there are between generations.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pxeserve.answerfile.answers import Answers
from pxeserve.answerfile.writing.facts import Facts


class Kind(StrEnum):
    RENAMED = "renamed"
    DROPPED = "dropped"
    REQUIRED = "now required"
    DEFAULT = "default changed"
    MEANING = "meaning changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: of what kind, of which answer (by its modern name), what it was, what it is now ("" for nothing), and why."""

    kind: Kind
    field: str
    old: str
    new: str
    why: str


class Crossing:
    """The way from one generation to another, and what has changed on it so far."""

    def __init__(self, source: Facts, target: Facts) -> None:
        self.source, self.target = source, target
        self.changes: list[Change] = []

    def note(self, kind: Kind, field: str, old: object, new: object, why: str) -> None:
        """Add a change."""
        self.changes.append(Change(kind, field, str(old), str(new), why))

    def reads_in_source(self, field: str, answers: Answers) -> bool:
        """Whether the source reads `field` in this mode."""
        return answers.mode in self.source.modes.get(field, frozenset())

    def reaches(self, name: str) -> bool:
        """Whether the target is generation `name` or later, and the source before it."""
        return self.target.since(name) and not self.source.since(name)

    def gains(self, field: str) -> bool:
        """Whether the target reads `field`, and the source does not."""
        return field in self.target.modes and field not in self.source.modes

    def leaves(self, name: str) -> bool:
        """Whether the source is generation `name` or later, and the target before it."""
        return self.source.since(name) and not self.target.since(name)

"""What a linter finds: one thing to know about an answerfile, where it stands, and what all findings come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How grave: the installer stops; it takes the file and does something else than the file says; it does what it says."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Verdict(StrEnum):
    """What all findings come to: an error refuses, a warning surprises."""

    ACCEPTED = "accepted"
    SURPRISING = "surprising"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Edit:
    """The bytes of the file from `start` up to `end` (from 0) are to become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about an answerfile. `line` and `column` count from 1. `source` is where the fact comes from. `edits`, in order and
    apart from each other, do what `fix` says; () where a person has to decide."""

    code: str
    severity: Severity
    line: int
    column: int
    message: str
    fix: str
    source: str
    edits: tuple[Edit, ...] = ()


def verdict(findings: Iterable[Finding]) -> Verdict:
    """What the findings come to."""
    severities = {finding.severity for finding in findings}
    if Severity.ERROR in severities:
        return Verdict.REFUSED
    return Verdict.SURPRISING if Severity.WARNING in severities else Verdict.ACCEPTED


def as_data(findings: Iterable[Finding]) -> dict[str, Any]:
    """The findings as they are printed for programs: the contract's keys each, and beside them the edits of those that have some, by their
    place in the list."""
    findings = list(findings)
    edits = [
        {"finding": index, "start": edit.start, "end": edit.end, "text": edit.text}
        for index, finding in enumerate(findings)
        for edit in finding.edits
    ]
    said = {"verdict": verdict(findings).value, "findings": [_plain(finding) for finding in findings]}
    return {**said, "edits": edits} if edits else said


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "line": finding.line,
        "column": finding.column,
        "message": finding.message,
        "fix": finding.fix,
        "source": finding.source,
    }

"""What a linter finds: one thing to know about an answerfile, and what all findings come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"      # the installer stops
    WARNING = "warning"  # it does something else than the file says
    INFO = "info"        # it does what it says, and that is worth knowing


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    SURPRISING = "surprising"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about an answerfile. `line` and `column` count from 1; 0: not known or the whole file."""

    code: str
    severity: Severity
    line: int
    column: int
    message: str
    fix: str
    source: str


def verdict(findings: list[Finding]) -> Verdict:
    """What the findings come to."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        return Verdict.REFUSED
    if any(finding.severity is Severity.WARNING for finding in findings):
        return Verdict.SURPRISING
    return Verdict.ACCEPTED


def error(code: str, line: int | None, message: str, fix: str, source: str) -> Finding:
    """A finding with which the installer stops, or worse."""
    return Finding(code, Severity.ERROR, line or 0, 0, message, fix, source)


def warning(code: str, line: int | None, message: str, fix: str, source: str) -> Finding:
    """A finding with which it does something else than it says."""
    return Finding(code, Severity.WARNING, line or 0, 0, message, fix, source)

"""What an installer will do with every line of an answerfile, before anything boots.

Reads the file as that installer does: if it is refused there, it is refused here, in the installer's own words; beside that stands all that
is taken and does not do what it looks like. Refuses to know which host the file is for, and never looks at what addresses lead to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import Document, MalformedError, parse
from pxeserve.answerfile.finding import Finding, Severity, Verdict, verdict
from pxeserve.answerfile.lint.refused import malformed, refused
from pxeserve.answerfile.reading import Machine, Reading, read
from pxeserve.answerfile.silent import RULES
from pxeserve.answerfile.silent.case import Case
from pxeserve.errors import shortened

__all__ = ["Finding", "Linted", "Severity", "Verdict", "lint", "linted", "verdict"]

_GRAVITY = (Severity.ERROR, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Linted:
    """All that is known of one file: its findings in the order of their places, and, of bytes that are a document, that and its reading."""

    findings: tuple[Finding, ...]
    document: Document | None = None
    reading: Reading | None = None

    @property
    def verdict(self) -> Verdict:
        """What the findings come to."""
        return verdict(self.findings)


def lint(text: bytes, dialect: Dialect, machine: Machine | None = None) -> list[Finding]:
    """All findings on an answerfile for installers of `dialect`, in the order of their places.

    `machine` None: what the file names is there. Never raises for any bytes. There is one error at most: what the installer stops at.
    """
    return list(linted(text, dialect, machine).findings)


def linted(text: bytes, dialect: Dialect, machine: Machine | None = None) -> Linted:
    """The same, with the document and its reading."""
    try:
        document = parse(text)
    except MalformedError as error:
        return Linted((_readable(malformed(error, dialect)),))
    reading = read(document, dialect, machine)
    case = Case(document, dialect, reading)
    found = [finding for rule in RULES for finding in rule(case)]
    if reading.refusal is not None:
        found.append(refused(case, reading.refusal))
    found.sort(key=lambda one: (one.line, one.column, _GRAVITY.index(one.severity), one.code))
    return Linted(tuple(_readable(one) for one in found), document, reading)


def _readable(finding: Finding) -> Finding:
    """The same where somebody would read all of it; a value may be as long as a file may."""
    said, fix = shortened(finding.message), shortened(finding.fix)
    return finding if (said, fix) == (finding.message, finding.fix) else replace(finding, message=said, fix=fix)

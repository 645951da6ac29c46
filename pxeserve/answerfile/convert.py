"""Converts an answerfile from one generation to another so that the installer does the same, and explains every difference.

What was left out and has another default is said; what cannot be said is named, with what happens instead; what is needed and not known is
a fault, and never invented. Refuses to know where files come from and go to.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.answerfile.answers import Answers
from pxeserve.answerfile.changes import Change, Crossing, Kind
from pxeserve.answerfile.crossing import carried
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import parse
from pxeserve.answerfile.finding import Finding, Severity
from pxeserve.answerfile.lint import linted
from pxeserve.answerfile.respelling import respelt
from pxeserve.answerfile.writing import Fitted, fit, write
from pxeserve.answerfile.writing.facts import facts

__all__ = ["Change", "Converted", "Kind", "RefusedFileError", "convert", "convert_answers"]


class RefusedFileError(ValueError):
    """The file that was to be converted is refused by its own installer: the finding says where and why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Converted:
    """What came of it: the file (None when it cannot be written: `faults` say why and what to do), the answers in it, and every
    difference, those of words first."""

    text: bytes | None
    answers: Answers
    changes: tuple[Change, ...]
    faults: tuple[str, ...] = ()


def convert(text: bytes, source: Dialect, target: Dialect, *, note: str | None = None) -> Converted:
    """A file of generation `source` for generation `target`. Raises RefusedFileError when `source` refuses it."""
    found = linted(text, source)
    refused = next((one for one in found.findings if one.severity is Severity.ERROR), None)
    if refused is not None:
        raise RefusedFileError(refused)
    assert found.document is not None and found.reading is not None and found.reading.answers is not None
    done = convert_answers(found.reading.answers, source, target, note=note)
    written = parse(done.text) if done.text is not None else None
    spelling = respelt(found.document, found.reading.trace, source, target, written)
    return Converted(done.text, done.answers, (*spelling, *done.changes), done.faults)


def convert_answers(answers: Answers, source: Dialect, target: Dialect, *, note: str | None = None) -> Converted:
    """Answers as installers of `source` take them, written for `target`."""
    crossing = Crossing(facts(source), facts(target))
    fits = fit(carried(answers, crossing), target)
    changes = (*crossing.changes, *_lost(fits), *_missing(fits))
    if fits.faults:
        return Converted(None, fits.answers, changes, tuple(_faults(fits)))
    return Converted(write(fits.answers, target, note=note), fits.answers, changes)


def _lost(fits: Fitted) -> list[Change]:
    return [Change(Kind.DROPPED, one.field, one.value, "", f"{one.why}; {one.instead}") for one in fits.lost]


def _missing(fits: Fitted) -> list[Change]:
    return [Change(Kind.REQUIRED, one.field, "", "", "it has to be said, and is not known here") for one in fits.missing]


def _faults(fits: Fitted) -> list[str]:
    lacking = [f"{one.field} is needed and not known: add {one.element}" for one in fits.missing]
    return [*lacking, *(f"{one.field}: {one.why}; {one.instead}: {one.fix}" for one in fits.lost if one.fix)]

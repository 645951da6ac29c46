"""Converts an answerfile from one generation to another so that the installer does the same, and explains every difference.

What was left out and has another default is said; what cannot be said is named, with what happens instead; what is needed and not known is
a fault, and never invented. Refuses to know where files come from and go to.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.answerfile.answers import Answers
from pxeserve.answerfile.converting.changes import Change, Crossing, Kind
from pxeserve.answerfile.converting.crossing import carried
from pxeserve.answerfile.converting.respelling import respelt
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.document import parse
from pxeserve.answerfile.finding import Finding, Severity
from pxeserve.answerfile.lint import linted
from pxeserve.answerfile.writing import Lost, Missing, fit, rewrite
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
    before = {(one.field, one.value, one.instead) for one in fit(answers, source).lost}
    new = [one for one in fits.lost if (one.field, one.value, one.instead) not in before]  # what came of it before is no difference
    changes = (*crossing.changes, *map(_lost, new), *map(_missing, fits.missing))
    faults = (*(f"{one.field} is needed and not known: add {one.element}" for one in fits.missing), *(str(one) for one in new if one.fix))
    if faults:
        return Converted(None, fits.answers, changes, faults)
    return Converted(rewrite(fits.answers, target, note=note), fits.answers, changes)


def _lost(lost: Lost) -> Change:
    kind, new = (Kind.MEANING, lost.value) if lost.taken else (Kind.DROPPED, "")
    return Change(kind, lost.field, lost.value, new, f"{lost.why}; {lost.instead}")


def _missing(missing: Missing) -> Change:
    return Change(Kind.REQUIRED, missing.field, "", "", "it has to be said, and is not known here")

"""Fixes an answerfile as its findings say, as far as no person has to decide: the edits of all findings at once, and a new look after that.

Edits that would make the verdict worse are not made. Refuses to write files.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable
from dataclasses import dataclass

from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.finding import Edit, Finding, Verdict, verdict
from pxeserve.answerfile.lint import lint

MAX_LOOKS = 60
"""Times that a file is linted while it is fixed; a mistake behind a mistake behind a mistake takes three."""

_GRAVITY = (Verdict.ACCEPTED, Verdict.SURPRISING, Verdict.REFUSED)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A file after fixing: its bytes, the findings whose edits were made, in order, and those that are left."""

    text: bytes
    made: tuple[Finding, ...]
    left: tuple[Finding, ...]


def fixed(text: bytes, dialect: Dialect) -> Fixed:
    """The file with all edits made that do not make its verdict worse. Fixing it again changes nothing. Never raises for any bytes."""
    left, made, seen = lint(text, dialect), list[Finding](), {text}
    looks = 1
    while looks < MAX_LOOKS:
        for attempt in _attempts(left):
            better = applied(text, (edit for finding in attempt for edit in finding.edits))
            if better in seen:
                continue
            seen.add(better)
            after = lint(better, dialect)
            looks += 1
            if _GRAVITY.index(verdict(after)) <= _GRAVITY.index(verdict(left)):
                text, left = better, after
                made.extend(attempt)
                break
            if looks >= MAX_LOOKS:
                break
        else:
            break
    return Fixed(text, tuple(made), tuple(left))


def applied(text: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with all edits made; they lie apart from each other."""
    pieces, at = [], 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        pieces += [text[at : edit.start], edit.text.encode()]
        at = edit.end
    return b"".join([*pieces, text[at:]])


def _attempts(findings: list[Finding]) -> Iterable[list[Finding]]:
    """What to try: the edits of all findings that lie apart, and then each finding's alone."""
    together: list[Finding] = []
    taken: list[tuple[int, int]] = []
    alone = [finding for finding in findings if finding.edits]
    for finding in alone:
        if all(_apart(edit, taken) for edit in finding.edits):
            together.append(finding)
            for edit in finding.edits:
                insort(taken, (edit.start, edit.end))
    if together:
        yield together
    if len(alone) > 1:
        yield from ([finding] for finding in alone)


def _apart(edit: Edit, taken: list[tuple[int, int]]) -> bool:
    """Whether an edit touches none of those that are taken, which are in order."""
    after = bisect_right(taken, (edit.start, edit.end))
    return (after == 0 or taken[after - 1][1] < edit.start) and (after == len(taken) or edit.end < taken[after][0])

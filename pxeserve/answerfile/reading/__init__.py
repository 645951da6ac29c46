"""Reads an answerfile as one generation's installer reads it: in its order, with its words, up to its first failure.

What comes out is either how that installer refuses the file, or what it would do, and in both cases a trace of what it looked at on the
way. Refuses to find faults of its own: whatever the installer takes is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.answerfile.answers import Answers, Mode
from pxeserve.answerfile.dialects.shape import Dialect, Said
from pxeserve.answerfile.document import Document
from pxeserve.answerfile.reading.draft import Draft
from pxeserve.answerfile.reading.looking import Looking
from pxeserve.answerfile.reading.machine import Machine
from pxeserve.answerfile.reading.order import TAKEN
from pxeserve.answerfile.reading.refusal import Cause, Refusal, RefusedError
from pxeserve.answerfile.reading.trace import Passed, Trace

__all__ = ["Cause", "Machine", "Passed", "Reading", "Refusal", "Trace", "read"]

_UNBOUND = Said("UnboundLocalError", "local variable 'results' referenced before assignment")


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of it: one of `refusal` and `answers`, `mode` when the installer got as far as knowing it, and the trace."""

    refusal: Refusal | None
    answers: Answers | None
    mode: Mode | None
    trace: Trace


def read(document: Document, dialect: Dialect, machine: Machine | None = None) -> Reading:
    """The reading of this document by that generation's installer on `machine` (None: what the file names is there). Never raises for a
    document that `parse` gave."""
    look = Looking(document, dialect, machine)
    draft: Draft = {}
    try:
        _check_root(look)
        for step in dialect.before:
            TAKEN[step](look, draft)
        draft["mode"] = _mode(look, draft)
        look.plan(draft["mode"])
        for step in (*dialect.order[draft["mode"]], *dialect.after):
            TAKEN[step](look, draft)
    except RefusedError as error:
        return Reading(error.refusal, None, draft.get("mode"), look.trace)
    return Reading(None, Answers(**draft), draft["mode"], look.trace)


def _check_root(look: Looking) -> None:
    look.counts(look.root)
    if look.dialect.roots and look.root.name not in look.dialect.roots:
        assert look.dialect.bad_root is not None
        look.stop(look.dialect.bad_root, Cause.ROOT, look.root, "<installation>")


def _mode(look: Looking, draft: Draft) -> Mode:
    if look.dialect.roots and look.root.name == "restore":
        if Mode.RESTORE not in look.dialect.order:
            look.stop(_UNBOUND, Cause.CRASH, look.root, "this release restores only by hand: boot it without an answerfile")
        return Mode.RESTORE
    attribute = look.known_attribute("mode", None)
    said = look.attribute(look.root, "mode")
    if said and said not in attribute.value.words:
        for step in look.dialect.with_bad_mode:
            TAKEN[step](look, draft)
        look.stop(look.dialect.bad_mode.of(value=said), Cause.MODE, look.root, ", ".join(attribute.value.words), "mode")
    return Mode(said) if said else Mode.FRESH

"""Writes answerfiles: from the one model to what a generation reads, and says what it cannot be told.

First the answers are fitted to the generation, then they are spelt, in old words where all generations read them. Refuses to know where
answers come from, and who fetches the file.
"""

from __future__ import annotations

from collections.abc import Iterator

from pxeserve.answerfile.answers import Answers, Mode
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.writing import boot, disks, network, packages, scripts, settings
from pxeserve.answerfile.writing.facts import facts
from pxeserve.answerfile.writing.fit import Fitted, fitted
from pxeserve.answerfile.writing.fitting import Fitting, Lost
from pxeserve.answerfile.writing.markup import Element, document, yes_no
from pxeserve.answerfile.writing.missing import Missing

__all__ = ["Fitted", "Lost", "Missing", "WritingError", "faults", "fit", "lost", "rewrite", "sketch", "write"]


class WritingError(ValueError):
    """Answers from which no answerfile for this generation can be made; a line each."""


def write(answers: Answers, dialect: Dialect, *, note: str | None = None) -> bytes:
    """The answerfile in ASCII, with `note` as its first comment. Raises WritingError when answers are missing, cannot stand in it, or would
    fail later; what else is lost, `lost` says."""
    fits = fit(answers, dialect)
    if fits.faults:
        raise WritingError("\n".join(fits.faults))
    return _spelt(fits, dialect, note)


def rewrite(answers: Answers, dialect: Dialect, *, note: str | None = None) -> bytes:
    """The same of answers that came out of a file: what its installer takes and fails of later is written as it was. Raises WritingError
    for what no installer of `dialect` would take."""
    fits = fit(answers, dialect)
    if fits.unwritable:
        raise WritingError("\n".join(fits.unwritable))
    return _spelt(fits, dialect, note)


def sketch(answers: Answers, dialect: Dialect) -> bytes:
    """The same of answers that somebody is still at work on: what is needed and not said yet is left out. Raises WritingError for what
    cannot stand in a file of `dialect`."""
    fits = fit(answers, dialect)
    if unwritable := [str(one) for one in fits.lost if one.fix and not one.taken]:
        raise WritingError("\n".join(unwritable))
    return _spelt(fits, dialect, None)


def faults(answers: Answers, dialect: Dialect) -> list[str]:
    """What keeps these answers from being written for `dialect`, a sentence each with what to do."""
    return fit(answers, dialect).faults


def lost(answers: Answers, dialect: Dialect) -> list[Lost]:
    """All that installers of `dialect` cannot be told."""
    return list(fit(answers, dialect).lost)


def fit(answers: Answers, dialect: Dialect) -> Fitted:
    """The answers as `dialect` takes them: what `write` writes, and what its installer reads back."""
    return fitted(answers, facts(dialect))


def _spelt(fits: Fitted, dialect: Dialect, note: str | None) -> bytes:
    return document(_root(fits.answers, Fitting(facts(dialect), fits.answers.mode)), note)


def _root(answers: Answers, fitting: Fitting) -> Element:
    restoring = answers.mode is Mode.RESTORE
    attributes = {
        "mode": None if restoring or answers.mode is Mode.FRESH else str(answers.mode),
        "srtype": answers.sr_type,
        "repo-gpgcheck": yes_no(answers.repo_gpgcheck),
        "gpgcheck": yes_no(answers.gpgcheck),
        "netinstall-gpg-check": yes_no(answers.netinstall_gpg_check),
    }
    return Element("restore" if restoring else "installation", "", attributes, list(_inside(answers, fitting)))


def _inside(answers: Answers, fitting: Fitting) -> Iterator[Element]:
    yield from disks.elements(fitting, answers)
    yield from packages.elements(answers)
    yield from settings.elements(fitting, answers)
    yield from network.elements(answers)
    yield from network.fibre_elements(answers)
    yield from boot.elements(answers)
    yield from scripts.elements(fitting, answers)

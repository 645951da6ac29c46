"""How an installer refuses an answerfile: its own words, where, and what a person sees of it.

Refuses to know how that was found out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pxeserve.answerfile.dialects.shape import Dialect, Said
from pxeserve.answerfile.document import Node


class Cause(StrEnum):
    """Why an installer refuses."""

    ROOT = "root"  # the outermost element
    MODE = "mode"
    MISSING = "missing"  # an element
    ATTRIBUTE = "attribute"  # an attribute is missing
    VALUE = "value"  # a text or an attribute holds something else
    TOO_MANY = "too many"
    TOGETHER = "together"  # two things that do not go together
    ENCODING = "encoding"  # characters that this Python cannot take
    MACHINE = "machine"  # what is named is not there
    CRASH = "crash"  # a fault of the installer's own


@dataclass(frozen=True, slots=True)
class Refusal:
    """What stops an installation while its answerfile is read. `error` is the class of the exception, `message` its text exactly as that
    installer puts it (it may be empty). `node` is where: for what is missing, the element that should hold it. `attribute` as it is
    written there, if one is at fault; `name` the element or attribute that is missing. `seen` is what a person at the console sees."""

    cause: Cause
    error: str
    message: str
    node: Node
    attribute: str | None
    name: str | None
    seen: str
    fix: str
    source: str


class RefusedError(Exception):
    """The installer stops here."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def seen(dialect: Dialect, message: str) -> str:
    """What the console shows when `message` stops an installation."""
    shown = f"The error was: {message}" if message else "The details of the error can be found in the log file install-log"
    then = "closes by itself after 10 seconds" if dialect.dialog_closes else "waits for Enter"
    return f'a dialog "Error occurred": An unrecoverable error has occurred.  {shown}. It {then}, and the machine restarts'


def refuse(
    dialect: Dialect, said: Said, cause: Cause, node: Node, fix: str, *, attribute: str | None = None, name: str | None = None
) -> RefusedError:
    """The error to raise where the installer says this."""
    return RefusedError(Refusal(cause, said.error, said.text, node, attribute, name, seen(dialect, said.text), fix, dialect.source))

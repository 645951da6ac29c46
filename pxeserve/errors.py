"""The one error that people and programs are meant to see.

It knows what to say and how grave it is, and refuses to know how it is shown: the command line prints it, the admin
socket carries it as JSON, and neither ever shows a traceback instead.
"""

from __future__ import annotations

import re

_LONGEST_WORD, _LONGEST = 300, 8_000
_HEAD, _TAIL, _QUOTED = 100, 40, 60
_LONG_WORD = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")


def shortened(text: str) -> str:
    """`text` as far as somebody would read it: the middle of a word of more than 300 characters, and what comes after 8,000, are a `…`."""
    text = _LONG_WORD.sub(lambda word: f"{word[0][:_HEAD]}…{word[0][-_TAIL:]}", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def quoted(text: object) -> str:
    """What somebody has said, to be repeated in an error: in quotation marks, its control characters escaped, 60 characters at most."""
    said = str(text)
    return repr(said if len(said) <= _QUOTED else f"{said[:_QUOTED]}…")


class PxeserveError(Exception):
    """A request that cannot be carried out, in words that name the thing, the place and the fix.

    `code` is a short stable word for programs (`not-found`, `conflict`, `invalid`, `refused`, `forbidden`, `not-fresh`, `busy`,
    `internal`); `fix` is the sentence that says what to do, or empty when the message already does. Both
    are `shortened`: what came from outside may be as long as it likes.
    """

    def __init__(self, message: str, *, code: str = "invalid", fix: str = "") -> None:
        self.message = shortened(message)
        super().__init__(self.message)
        self.code = code
        self.fix = shortened(fix)

    def __str__(self) -> str:
        return f"{self.message}\n  {self.fix}" if self.fix else self.message


class NotFoundError(PxeserveError):
    """A name that nothing here has."""

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message, code="not-found", fix=fix)


class ConflictError(PxeserveError):
    """Somebody else was first: the name is taken, or the state moved on since it was read."""

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(message, code="conflict", fix=fix)


class RefusedError(PxeserveError):
    """Understood and not done, because it would not be safe, or not by whom it was asked (`forbidden`, `not-fresh`)."""

    def __init__(self, message: str, *, code: str = "refused", fix: str = "") -> None:
        super().__init__(message, code=code, fix=fix)

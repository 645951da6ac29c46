"""The one error that people and programs are meant to see.

It knows what to say and how grave it is, and refuses to know how it is shown: the command line prints it, the admin
socket carries it as JSON, and neither ever shows a traceback instead.
"""

from __future__ import annotations


class PxeserveError(Exception):
    """A request that cannot be carried out, in words that name the thing, the place and the fix.

    `code` is a short stable word for programs (`not-found`, `conflict`, `invalid`, `refused`, `forbidden`, `not-fresh`, `busy`,
    `internal`); `fix` is the sentence that says what to do, or empty when the message already does.
    """

    def __init__(self, message: str, *, code: str = "invalid", fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.fix = fix

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

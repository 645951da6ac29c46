"""What the site, profiles and hosts declared before."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.drafts import What, Whose
from pxeserve.console.api.route import Route
from pxeserve.console.api.shape import Answer, Moment, Open


class Remembered(Answer):
    """What was declared from a moment on."""

    id: int
    what: What
    name: str
    at: Moment
    who: str
    action: str
    note: str
    changes: str = Field(description="What was different from the time before.")


class Listed(Remembered):
    """The same in a list."""

    now: bool


class Shown(Remembered):
    """The same whole; `changes` are what taking it back would change."""

    answers: Open


class Restored(Answer):
    """What was taken back."""

    what: What
    name: str
    changes: str
    notes: list[str]


ROUTES = (
    Route("GET", "/history", "history.list", "What was declared before, newest first", list[Listed], query=Whose),
    Route("GET", "/history/{id}", "history.show", "What was declared at one moment", Shown),
    Route("POST", "/history/{id}/restore", "history.restore", "Declare that again", Restored),
)

"""The audit: who did what to what."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Moment, Name, Page


class AuditPages(Page):
    """Which lines: each field narrows."""

    actor: Name | None = None
    action: Name | None = Field(None, description="`session.*` for all that begin so.")
    object: Name | None = None
    since: float | None = Field(None, ge=0, le=1e11, description="Not before, epoch seconds.")
    until: float | None = Field(None, ge=0, le=1e11, description="Not after, epoch seconds.")


class AuditLine(Answer):
    """One line; each holds the hash of the one before it."""

    seq: int
    at: Moment
    actor: str
    action: str
    object: str
    result: str
    previous: str
    hash: str
    boottime: float | None = Field(description="The kernel's clock since its start, which nobody sets; none in lines of older releases.")
    origin: str = Field(description="Address and id of the request, where there was one.")


class Verified(Answer):
    """Whether the chain is whole."""

    whole: bool
    lines: int
    broken_at: int | None = Field(description="The first line that is not as it was written.")
    because: str


ROUTES = (
    Route("GET", "/audit", "audit.list", "The audit, the newest first", AuditLine, query=AuditPages, way=Way.PAGES, key="seq",
          within="lines", onwards="before"),
    Route("GET", "/audit/verify", "audit.verify", "Whether every line is as it was written", Verified),
)  # fmt: skip

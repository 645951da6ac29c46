"""What is wrong with this network and this server."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Name
from pxeserve.doctor.finding import Finding


class Examine(Body):
    """What to look at."""

    only: list[Name] | None = Field(None, max_length=100, description="Checks by their names; else all.")


class Blind(Answer):
    """A part that could not be looked at."""

    because: str
    fix: str


class Result(Answer):
    """What came of one check."""

    check: str
    looks_at: str
    state: str = Field(description="fine, wrong or cannot look.")
    findings: list[Finding]
    cannot_look: list[Blind]


class Report(Answer):
    """Everything."""

    ok: bool
    serving: bool
    findings: list[Finding] = Field(description="Of all checks, the worst first.")
    results: list[Result]


ROUTES = (
    Route("GET", "/doctor", "doctor.standing", "What the service's own rounds found and still stands", list[Finding]),
    Route(
        "POST",
        "/doctor",
        "doctor",
        "Look now, as the service itself, with its rights",
        Report,
        body=Examine,
        way=Way.JOB,
        about="this server",
    ),
)

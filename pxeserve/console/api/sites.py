"""What all hosts share, and the site as one declaration."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Open, Settings, Text


class SiteSet(Body):
    """What changes."""

    set: Settings


class Site(Answer):
    """The answers that all hosts share."""

    answerfile: Open = Field(description="Secrets are not shown.")
    revision: str


class Apply(Body):
    """A declaration of the site."""

    text: Text = Field(description="YAML, of which JSON is a part, as GET /export prints it.")
    dry_run: bool = Field(False, description="Only tell what would change.")
    prune: bool = Field(False, description="Remove hosts and profiles that it does not name; never one with a live install.")


class Applied(Answer):
    """What changed, a line each: `+` new, `~` changed, `-` removed, `=` kept although it is not named."""

    changes: list[str]
    dry_run: bool


class Exported(Answer):
    """The site in YAML, as an apply reads it. Passwords are not printed."""

    site: str


ROUTES = (
    Route("GET", "/site", "site.show", "The answers that all hosts share", Site, way=Way.ONE),
    Route("PATCH", "/site", "site.set", "Change them", Site, body=SiteSet, way=Way.EDIT),
    Route("GET", "/export", "export", "The site as a declaration", Exported),
    Route("POST", "/apply", "apply", "Make the site as it is declared: all of it, or nothing", Applied, body=Apply, way=Way.JOB,
          about="the site as it is declared"),
)  # fmt: skip

"""The site's scripts, which installers run at their stages."""

from __future__ import annotations

from pydantic import Field

from pxeserve.console.api.hosts import Removed
from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Found, LintFinding, Moment, Name

_CONTENT = Field(max_length=4 << 20, description="The script's bytes in base64 (RFC 4648, section 4).")


class ScriptAdd(Body):
    """A new script."""

    name: Name
    content: str = _CONTENT


class ScriptPut(Body):
    """A script anew."""

    content: str = _CONTENT


class ScriptLint(Body):
    """A script that is only looked at."""

    name: Name = "script"
    content: str = _CONTENT
    dialect: str | None = Field(None, max_length=20, description="The installer that is to run it; null: any.")


class ScriptJudged(Answer):
    """Whether it can run."""

    file: str
    verdict: str = Field(description="`accepted`, `surprising` or `refused`.")
    findings: list[LintFinding]


class Script(Answer):
    """A script that is kept here."""

    name: str
    sha256: str = Field(description="Also its revision.")
    bytes: int
    changed_at: Moment
    used_by: list[str] = Field(description="Who declares it, by itself.")


class ScriptKept(Script):
    """A script after a change."""

    findings: list[LintFinding]


class ScriptShown(Script):
    """A script with its content."""

    content: str


ROUTES = (
    Route("GET", "/scripts", "script.list", "Scripts, by name", Script, query=Found, way=Way.LIST),
    Route("POST", "/scripts", "script.add", "Keep a script", ScriptKept, body=ScriptAdd, status=201),
    Route("POST", "/scripts/lint", "script.lint", "Whether installers could run a script", ScriptJudged, body=ScriptLint),
    Route("GET", "/scripts/{name}", "script.show", "One script", ScriptShown, way=Way.ONE),
    Route("PUT", "/scripts/{name}", "script.set", "Change a script", ScriptKept, body=ScriptPut, way=Way.EDIT),
    Route("DELETE", "/scripts/{name}", "script.remove", "Forget a script that nobody declares", Removed, way=Way.REMOVE),
)

"""The site's own templates of answerfiles. What a template is called may hold slashes, as it is a path beneath their folder."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pxeserve.console.api.hosts import Removed
from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Found, LintFinding, Mode, Moment, Name

_TEXT = Field(max_length=65536, description="Jinja2; 64 KiB of UTF-8 at most.")


class TemplateAdd(Body):
    """A new template."""

    name: Name
    text: str = _TEXT


class TemplatePut(Body):
    """A template anew."""

    text: str = _TEXT


class TemplateTry(Body):
    """A template that nobody has kept yet, and the host that it is to be tried for."""

    name: Name
    text: str = _TEXT
    host: Name
    mode: Mode = "fresh"


class Template(Answer):
    """A template that is kept here."""

    name: str
    sha256: str = Field(description="Also its revision.")
    bytes: int
    used_by: list[str] = Field(description="Who declares it, by itself.")


class TemplateKept(Template):
    """A template after a change."""

    notes: list[str] = Field(description="Hosts that could not be armed with it, and why.")


class EarlierTemplate(Answer):
    """What a template was after an earlier change."""

    at: Moment
    who: str = Field(description="Empty: it was there before changes were remembered.")
    action: Literal["template.add", "template.set", "template.remove", "before"]
    text: str


class TemplateShown(Template):
    """A template with its text."""

    text: str
    earlier: list[EarlierTemplate] = Field(description="As far as it was written here, the newest first.")


class TemplateTried(Answer):
    """The file that a host would get of it."""

    host: str
    mode: str
    text: str = Field(description="The password hidden, TOKEN in the place of each token.")
    warnings: list[str]
    findings: list[LintFinding]


ROUTES = (
    Route("GET", "/templates", "template.list", "Templates, by name", Template, query=Found, way=Way.LIST),
    Route("POST", "/templates", "template.add", "Keep a template", TemplateKept, body=TemplateAdd, status=201),
    Route("GET", "/templates/{name}", "template.show", "One template, with its text", TemplateShown, way=Way.ONE),
    Route("PUT", "/templates/{name}", "template.set", "Change a template", TemplateKept, body=TemplatePut, way=Way.EDIT),
    Route("DELETE", "/templates/{name}", "template.remove", "Forget a template that nobody declares", Removed, way=Way.REMOVE),
    Route("POST", "/template-preview", "template.preview", "What a host would get of one not kept yet", TemplateTried, body=TemplateTry),
)

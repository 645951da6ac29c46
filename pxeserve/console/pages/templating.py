"""The site's own templates of answerfiles: written, tried for a host before they are kept, and brought back as they were."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request

from pxeserve.answerfile.catalogue import template as drawn
from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.pages.answers import elsewhere
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations.answerfiles.linting import known_dialect

blueprint = Blueprint("templating", __name__)
_BODY = 1 << 20
_LONGEST = 1 << 16
MODES = tuple((one, one) for one in ("fresh", "reinstall", "upgrade", "restore"))


@route(blueprint, "/answerfiles/-/new-template", role=Role.OPERATOR)
def new() -> str:
    """Where one is written; `?from=DIALECT` begins with the one that is drawn from that generation's data."""
    dialect = request.args.get("from", "")[:20]
    text = drawn.template(known_dialect(dialect)).decode("ascii") if dialect else ""
    return _page(None, text, dialect)


@route(blueprint, "/answerfiles/-/templates", methods=("POST",), verb="template.add", body=_BODY)
def add() -> Response:
    """Keep one."""
    form = filled("name", "text", "file")
    name = form.text("name") or form.text("file")
    if not name:
        raise PxeserveError("a name is missing", fix="the site, profiles and hosts declare a template by its name")
    told = ask("template.add", name=name, text=_text(form.raw("text", longest=_LONGEST * 2)))
    return elsewhere(_address(told["name"]), *_said(told, "kept"))


@route(blueprint, "/answerfiles/-/templates/<path:name>", verb="template.show")
def template(name: str) -> str:
    """One of them, with its text, and what it was before."""
    found = ask("template.show", name=name)
    return _page(found, found["text"], "")


@route(blueprint, "/answerfiles/-/templates/<path:name>", methods=("PUT",), verb="template.set", body=_BODY)
def change(name: str) -> Response:
    """Change it, if it is still what was shown."""
    form = filled("text", "file", "revision")
    told = ask("template.set", name=name, text=_text(form.raw("text", longest=_LONGEST * 2)), revision=form.text("revision") or None)
    return elsewhere(_address(name), *_said(told, "changed"))


@route(blueprint, "/answerfiles/-/templates/<path:name>", methods=("DELETE",), verb="template.remove")
def remove(name: str) -> Response:
    """Forget it."""
    form = filled("confirm", "revision")
    if form.text("confirm") != name:
        raise PxeserveError(f"{name} was not typed, so it is still there", fix="type its name to remove it")
    ask("template.remove", name=name, revision=form.text("revision") or None)
    return elsewhere("/answerfiles", "good", f"The template {name} is removed")


@route(blueprint, "/answerfiles/-/try-template", methods=("POST",), verb="template.preview", body=_BODY)
def preview() -> str:
    """What a host would get of what is written there."""
    form = filled("name", "text", "file", "host", "mode", "revision")
    name, host = form.text("name") or form.text("file") or "draft.xml.j2", form.needed("host", "The host")
    try:
        text = _text(form.raw("text", longest=_LONGEST * 2))
        told, why = ask("template.preview", name=name, text=text, host=host, mode=form.text("mode") or "fresh"), None
    except PxeserveError as error:
        told, why = None, error
    return render_template("parts/tried.html", told=told, why=why, host=host)


def _page(found: dict[str, Any] | None, text: str, dialect: str) -> str:
    hosts = [one["name"] for one in ask("host.browse", search=[], limit=200)["hosts"]]
    return render_template(
        "template.html", template=found, text=text, dialect=dialect, dialects=ask("draft.dialects"), hosts=hosts, modes=MODES,
        first=_first(found, hosts),
    )  # fmt: skip


def _first(found: dict[str, Any] | None, hosts: list[str]) -> str:
    """The host that it is tried for, unless another is named."""
    own = [one.removeprefix("host ") for one in found["used_by"] if one.startswith("host ")] if found else []
    return next(iter([*own, *hosts]), "")


def _text(text: str) -> str:
    """As it is kept: browsers send lines with CR LF."""
    return text.replace("\r\n", "\n")


def _said(told: dict[str, Any], what: str) -> tuple[str, str, str]:
    notes = told["notes"]
    return "look" if notes else "good", f"The template {told['name']} is {what}", "; ".join(notes[:5])


def _address(name: str) -> str:
    return f"/answerfiles/-/templates/{quote(name)}"

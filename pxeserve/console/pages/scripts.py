"""The site's own scripts: written or dropped here, looked at before they are kept, and run by whoever declares them."""

from __future__ import annotations

import base64
from urllib.parse import quote

from flask import Blueprint, Response, render_template

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.pages.answers import elsewhere
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("scripts", __name__)
_LARGEST = 1 << 18
"""Letters of a script."""


@route(blueprint, "/profiles/-/scripts/new", role=Role.OPERATOR)
def new() -> str:
    """Where one is written."""
    return render_template("script.html", script=None, text="", binary=False)


@route(blueprint, "/profiles/-/scripts", methods=("POST",), verb="script.add", body=1 << 20)
def add() -> Response:
    """Keep one."""
    form = filled("name", "text", "file")
    name = form.text("name") or form.text("file")
    if not name:
        raise PxeserveError("a name is missing", fix="profiles declare a script by its name")
    told = ask("script.add", name=name, content=_content(form.raw("text", longest=_LARGEST)))
    return elsewhere(_page(told["name"]), "look" if told["findings"] else "good", f"The script {told['name']} is kept", _said(told))


@route(blueprint, "/profiles/-/scripts/<name>", verb="script.show")
def script(name: str) -> str:
    """One of them, with its text."""
    found = ask("script.show", name=name)
    try:
        text, binary = base64.b64decode(found["content"]).decode(), False
    except UnicodeDecodeError:
        text, binary = "", True
    return render_template("script.html", script=found, text=text, binary=binary)


@route(blueprint, "/profiles/-/scripts/<name>", methods=("PUT",), verb="script.set", body=1 << 20)
def change(name: str) -> Response:
    """Change it, if it is still what was shown."""
    form = filled("text", "file", "revision")
    told = ask("script.set", name=name, content=_content(form.raw("text", longest=_LARGEST)), revision=form.text("revision") or None)
    return elsewhere(_page(name), "look" if told["findings"] else "good", f"The script {name} is changed", _said(told))


@route(blueprint, "/profiles/-/scripts/<name>", methods=("DELETE",), verb="script.remove")
def remove(name: str) -> Response:
    """Forget it."""
    form = filled("confirm", "revision")
    if form.text("confirm") != name:
        raise PxeserveError(f"{name} was not typed, so it is still there", fix="type its name to remove it")
    ask("script.remove", name=name, revision=form.text("revision") or None)
    return elsewhere("/profiles", "good", f"The script {name} is removed")


def _content(text: str) -> str:
    """As the verb takes it. Browsers send lines with CR LF, which no interpreter of a script's first line reads."""
    return base64.b64encode(text.replace("\r\n", "\n").encode()).decode()


def _said(told: dict[str, object]) -> str:
    """What is worth knowing about it."""
    found = told["findings"]
    assert isinstance(found, list)
    return "; ".join(f"line {one['line']}: {one['message']}" for one in found[:5])


def _page(name: str) -> str:
    return f"/profiles/-/scripts/{quote(name, safe='')}"

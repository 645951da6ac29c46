"""Answerfiles: whose answers there are, and the editor of each. What the editor shows it asks of the API; the page is its frame."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.pages.answers import elsewhere
from pxeserve.domain.role import Role

blueprint = Blueprint("answerfiles", __name__)


@route(blueprint, "/answerfiles", verb="profile.list")
def index() -> str | Response:
    """The site, the profiles, and the way to hosts and to a file by itself."""
    if host := request.args.get("host", "")[:255]:
        return redirect(_address("host", host))  # type: ignore[return-value] # it is one
    found = ask("profile.list")
    words = ask("host.words")
    query = request.args.get("q", "").strip().lower()[:200]
    counts = {one["name"]: one["hosts"] for one in words["profiles"]}
    shown = [one for one in found if all(word in _said(one) for word in query.split())]
    media = [one for one in ask("media.list") if one.get("role") not in ("pack", "driver-disk")]
    return render_template(
        "answerfiles.html", profiles=shown, all=len(found), counts=counts, query=query, media=[one["name"] for one in media],
        names=[one["name"] for one in found], templates=[one for one in ask("template.list") if _holds(one, query.split())],
    )  # fmt: skip


@route(blueprint, "/answerfiles", methods=("POST",), verb="profile.add")
def add() -> Response:
    """A new profile, and its answers at once."""
    form = filled("name", "medium", "parent")
    told = ask("profile.add", name=form.needed("name", "A name"), medium=form.text("medium") or None, parent=form.text("parent") or None)
    return elsewhere(_address("profile", told["name"]), "good", f"Profile {told['name']} is there: now its answers")


@route(blueprint, "/answerfiles/site", verb="draft.open", endpoint="site")
def site() -> str:
    """The answers that all hosts share."""
    return _editor("site", "")


@route(blueprint, "/answerfiles/profiles/<name>", verb="draft.open", endpoint="profile")
def profile(name: str) -> str:
    """A profile's."""
    return _editor("profile", name)


@route(blueprint, "/answerfiles/hosts/<name>", verb="draft.open", endpoint="host")
def host(name: str) -> str:
    """A host's."""
    return _editor("host", name)


@route(blueprint, "/answerfiles/file", role=Role.VIEWER)
def file() -> str:
    """A file that is nobody's yet: to be looked at, mended and converted."""
    return render_template("answerfile_edit.html", what="file", name="", opened=None, dialects=ask("draft.dialects"))


def _editor(what: str, name: str) -> str:
    """The frame, of what is there: what is not answers with the page that says so."""
    opened = ask("draft.open", what=what, name=name)
    return render_template("answerfile_edit.html", what=what, name=opened["name"], opened=opened, dialects=ask("draft.dialects"))


def _address(what: str, name: str) -> str:
    return f"/answerfiles/{what}s/{quote(name, safe='')}"


def _said(profile: dict[str, Any]) -> str:
    """What a search looks through."""
    installs = profile["installs"]["name"] if profile["installs"] else ""
    return " ".join((profile["name"], profile["parent"] or "", profile["medium"] or "", installs)).lower()


def _holds(template: dict[str, Any], words: list[str]) -> bool:
    """Whether every word is in its name, or in that of who declares it."""
    said = " ".join((template["name"], *template["used_by"])).lower()
    return all(word in said for word in words)

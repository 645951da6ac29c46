"""Profiles: what a kind of host gets, beneath which other one it stands, and which hosts have it. Answers have an editor of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere
from pxeserve.errors import PxeserveError

blueprint = Blueprint("profiles", __name__)
_SORTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "name": lambda one: one["name"],
    "medium": lambda one: one["installs"]["name"] if one["installs"] else "",
    "parent": lambda one: one["parent"] or "",
    "hosts": lambda one: one["hosts"],
}
_NO_INSTALLERS = ("pack", "driver-disk")


@route(blueprint, "/profiles", verb="profile.list")
def profiles() -> str:
    """All of them, and the site's own scripts."""
    wanted = listing("/profiles", request.args, _SORTS, sort="name")
    everything = _counted()
    counted, shown = wanted.shown(everything, _SORTS, _words)
    return render_template("profiles.html", listing=counted, profiles=shown, all=len(everything), scripts=ask("script.list"), **_choices())


@route(blueprint, "/profiles", methods=("POST",), verb="profile.add")
def add() -> Response:
    """Make one."""
    form = filled("name", "medium", "parent")
    told = ask("profile.add", name=form.needed("name", "A name"), medium=form.text("medium") or None, parent=form.text("parent") or None)
    return elsewhere(_page(told["name"]), "good", f"The profile {told['name']} is there: now its answers", " ".join(told["notes"]))


@route(blueprint, "/profiles/<name>", verb="profile.show")
def profile(name: str) -> str:
    """One of them: its own words, those above it, and who has it."""
    found = ask("profile.show", name=name)
    everything = {one["name"]: one for one in _counted()}
    return render_template(
        "profile.html", profile=found, above=_above(found, everything), below=[one for one in everything.values() if one["parent"] == name],
        hosts=ask("host.browse", search=[f"profile:{name}"], limit=20), history=ask("history.list", what="profile", name=name)[:8],
        boot="\n".join(f"{key}={value}" for key, value in found["boot"].items() if not isinstance(value, list)), **_choices(),
    )  # fmt: skip


@route(blueprint, "/profiles/<name>", methods=("PUT",), verb="profile.set")
def change(name: str) -> Response:
    """Change its medium, its parent and its boot words, if it is still what the form showed."""
    form = filled("medium", "parent", "boot", "revision")
    lines = [line.strip() for line in form.raw("boot", longest=20_000).splitlines() if line.strip()]
    now = ask("profile.show", name=name)
    said = {line.partition("=")[0] for line in lines}
    gone = [f"boot.{key}=" for key, value in now["boot"].items() if key not in said and not isinstance(value, list)]
    told = ask(
        "profile.set", name=name, medium=form.text("medium"), parent=form.text("parent"), set=[*gone, *(f"boot.{line}" for line in lines)],
        revision=form.text("revision", longest=5000) or None,
    )  # fmt: skip
    return elsewhere(_page(name), "good", f"The profile {name} is changed", " ".join(told["notes"]))


@route(blueprint, "/profiles/<name>", methods=("DELETE",), verb="profile.remove")
def remove(name: str) -> Response:
    """Forget it."""
    form = filled("confirm", "revision")
    if form.text("confirm") != name:
        raise PxeserveError(f"{name} was not typed, so it is still there", fix="type its name to remove it")
    ask("profile.remove", name=name, revision=form.text("revision", longest=5000) or None)
    return elsewhere("/profiles", "good", f"The profile {name} is removed")


def _counted() -> list[dict[str, Any]]:
    """All profiles, with how many hosts have each."""
    counts = {one["name"]: one["hosts"] for one in ask("host.words")["profiles"]}
    return [{**one, "hosts": counts.get(one["name"], 0)} for one in ask("profile.list")]


def _choices() -> dict[str, Any]:
    """What a form offers."""
    media = [one["name"] for one in ask("media.list") if one["role"] not in _NO_INSTALLERS]
    return {"media": media, "names": [one["name"] for one in ask("profile.list")]}


def _above(profile: Mapping[str, Any], everything: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Its parents, the nearest first."""
    found: list[str] = []
    parent = profile["parent"]
    while parent is not None and parent in everything and parent not in found:
        found.append(parent)
        parent = everything[parent]["parent"]
    return found


def _page(name: str) -> str:
    return f"/profiles/{quote(name, safe='')}"


def _words(profile: Mapping[str, Any]) -> str:
    """What a search looks through."""
    installs = profile["installs"]["name"] if profile["installs"] else ""
    return " ".join((profile["name"], profile["parent"] or "", profile["medium"] or "", installs)).lower()

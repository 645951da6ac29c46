"""Media: which there are and how they fare, what comes in, one of them with its packages, and the loaders.

No medium can be called `-`, so what is about none of them lies there. Images are sent to the API's own route for uploads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere, said
from pxeserve.console.pages.working import begin, latest, live
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations.words.addresses import without_login

blueprint = Blueprint("media", __name__)

_LONG = ("media.import", "media.verify", "media.replay", "media.create", "media.revise", "loaders.import")
_SORTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "name": lambda one: one["name"],
    "product": lambda one: (one["product"], one["version"]),
    "state": lambda one: one["state"],
    "bytes": lambda one: one["bytes"],
    "checked": lambda one: one["checked_at"] or 0.0,
}
_PACKAGE_SORTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "file": lambda one: one["file"],
    "type": lambda one: one["type"],
    "bytes": lambda one: one["bytes"],
}
_LIES = (("copied", "copied into the data folder"), ("in-place", "left in their folder"), ("image", "served out of the image itself"))
_DEPTHS = (("full", "every byte"), ("changed", "what was touched since it was last read"), ("disk", "every byte, from the disk itself"))
_OVER = (("http", "HTTP"), ("nfs", "NFS"), ("ftp", "FTP"))


@route(blueprint, "/media", verb="media.list")
def media() -> str:
    """All of them, or those that the search finds."""
    wanted = listing("/media", request.args, _SORTS, sort="name")
    everything = ask("media.list")
    counted, shown = wanted.shown(everything, _SORTS, _words)
    return render_template(
        "media.html", listing=counted, media=shown, all=len(everything), loaders=ask("loaders.list"), users=_users(), **_coming()
    )


@route(blueprint, "/media/-/work", verb="media.imports")
def work() -> Response:
    """What is under way; the list shows itself again when one of `was` so many has ended."""
    under_way = _coming()
    response = make_response(render_template("parts/work.html", **under_way))
    if str(len(under_way["jobs"])) != request.args.get("was", "0"):
        response.headers["HX-Trigger"] = "live:media"
    return response


@route(blueprint, "/media/-/import", role=Role.OPERATOR)
def import_form() -> str:
    """Where an image is dropped, or a path or an address is said."""
    uploads = [one for one in ask("upload.list") if one["state"] == "whole"]
    return render_template("media_import.html", lies=_LIES, uploads=uploads, source=request.args.get("source", "")[:4096])


@route(blueprint, "/media", methods=("POST",), verb="media.import")
def import_() -> Response:
    """Begin to import one."""
    form = filled("name", "source", "upload", "lies")
    name = form.needed("name", "The medium's name").lower()
    sources = [without_login(line.strip()) for line in form.raw("source", longest=20_000).splitlines() if line.strip()]
    upload = form.text("upload") or None
    if bool(sources) == bool(upload):
        raise PxeserveError("one of the two is needed: an image that was sent, or where one lies", fix="drop an image, or name its path")
    source = sources if len(sources) > 1 else (sources[0] if sources else None)
    lies = form.text("lies") or "copied"
    begin("media.import", f"medium {name}", name=name, source=source, upload=upload, lies="copied" if upload else lies)
    return elsewhere("/media", "quiet", f"{name} is being imported: it is a medium when all of it is checked")


@route(blueprint, "/media/-/imports/<name>", methods=("DELETE",), verb="media.cancel-import")
def drop_import(name: str) -> Response:
    """Let go of one that was broken off, or stop one."""
    filled()
    ask("media.cancel-import", name=name)
    return said("good", f"What had come of {name} is removed; nobody had seen it", news="media")


@route(blueprint, "/media/-/uploads/<name>", methods=("DELETE",), verb="upload.remove")
def drop_upload(name: str) -> Response:
    """Let go of an upload."""
    filled()
    ask("upload.remove", name=name)
    return said("good", f"The upload {name} is removed", news="media")


@route(blueprint, "/media/-/loaders", methods=("POST",), verb="loaders.import")
def import_loaders() -> Response:
    """Take boot loaders in: Debian's, or those of a folder of this server."""
    form = filled("from_dir")
    folder = form.text("from_dir", longest=4096)
    address = begin("loaders.import", f"loaders of {folder or 'Debian'}", from_dir=folder or None)
    return elsewhere(address, "quiet", "Loaders are being imported")


@route(blueprint, "/media/<name>", verb="media.show")
def medium(name: str) -> str:
    """One of them, with its packages, and what was last found out about it."""
    found = ask("media.show", name=name)
    wanted = listing(f"/media/{found['name']}", request.args, _PACKAGE_SORTS)
    counted, shown = wanted.shown(found["packages"], _PACKAGE_SORTS, _package_words)
    about = f"medium {name}"
    return render_template(
        "medium.html", medium=found, listing=counted, packages=shown, users=_users().get(name, []), depths=_DEPTHS, over=_OVER,
        dialects=[(one["name"], f"{one['name']} ({one['product']})") for one in ask("draft.dialects")],
        looked=latest("media.verify", about), replayed=_replays(about),
        jobs=[one for one in live(*_LONG) if one["about"].startswith(about)],
        installed=ask("host.browse", search=[f"medium:{name}"], limit=1)["total"],
    )  # fmt: skip


@route(blueprint, "/media/<name>/verify", methods=("POST",), verb="media.verify")
def verify(name: str) -> Response:
    """Look at it again."""
    form = filled("depth")
    address = begin("media.verify", f"medium {name}", name=ask("media.show", name=name)["name"], depth=form.text("depth") or "full")
    return elsewhere(address, "quiet", f"{name} is being read")


@route(blueprint, "/media/<name>/replay", methods=("POST",), verb="media.replay")
def replay(name: str) -> Response:
    """Ask for it as an installer does."""
    form = filled("dialect", "over")
    dialect, over = form.needed("dialect", "Which installer"), form.text("over") or "http"
    ask("media.show", name=name)
    address = begin("media.replay", f"medium {name} as {dialect}", name=name, dialect=dialect, over=over)
    return elsewhere(address, "quiet", f"{name} is asked for as the installer of {dialect} does")


@route(blueprint, "/media/<name>/version", methods=("POST",), verb="media.set")
def version(name: str) -> Response:
    """Say a netinstall tree's version."""
    form = filled("version")
    told = ask("media.set", name=name, set=[f"version={form.needed('version', 'The version')}"])
    return elsewhere(f"/media/{name}", "good", f"{name} is {told['product']} {told['version']}, read by {told['dialect']}")


@route(blueprint, "/media/<name>", methods=("DELETE",), verb="media.remove")
def remove(name: str) -> Response:
    """Remove it with its files."""
    form = filled("confirm")
    if form.text("confirm") != name:
        raise PxeserveError(f"{name} was not typed, so it is still there", fix="type its name to remove it")
    ask("media.remove", name=name)
    return elsewhere("/media", "good", f"The medium {name} is removed")


def _coming() -> dict[str, Any]:
    """Jobs that are under way, and what was broken off and can go on."""
    jobs = live(*_LONG)
    at_work = {one["about"].removeprefix("medium ") for one in jobs}
    broken = [one for one in ask("media.imports") if one["state"] != "running" and one["name"] not in at_work]
    waiting = [one for one in ask("upload.list") if one["state"] != "whole" or not jobs]  # a whole one may be what a job takes in
    return {"jobs": jobs, "broken": broken, "uploads": waiting}


def _users() -> dict[str, list[dict[str, Any]]]:
    """The profiles that install each medium, with how many hosts have them."""
    counts = {one["name"]: one["hosts"] for one in ask("host.words")["profiles"]}
    found: dict[str, list[dict[str, Any]]] = {}
    for one in ask("profile.list"):
        if one["installs"]:
            found.setdefault(one["installs"]["name"], []).append({"name": one["name"], "hosts": counts.get(one["name"], 0)})
    return found


def _replays(about: str) -> list[dict[str, Any]]:
    """The last replays that ended, one a generation."""
    found: dict[str, dict[str, Any]] = {}
    for one in ask("job.list"):
        if one["verb"] == "media.replay" and one["about"].startswith(f"{about} as ") and one["state"] == "done":
            found.setdefault(one["about"], one)
    return [ask("job.show", id=one["id"]) for one in found.values()][:14]


def _package_words(package: Mapping[str, Any]) -> str:
    """What a search among packages looks through."""
    return f"{package['file']} {package['type']}".lower()


def _words(medium: Mapping[str, Any]) -> str:
    """What a search looks through."""
    return " ".join(str(medium[key]) for key in ("name", "product", "version", "dialect", "format", "role", "state", "origin")).lower()

"""Backups of pools: which there are, what each holds; checked, fetched and removed. They are sent by tokens and by the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere
from pxeserve.console.pages.working import begin
from pxeserve.errors import PxeserveError
from pxeserve.operations import registry

blueprint = Blueprint("backups", __name__)
_SORTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "taken": lambda one: one["taken_at"], "pool": lambda one: one["pool"], "kind": lambda one: (one["kind"], one["host"]),
    "size": lambda one: one["size"], "state": lambda one: one["state"],
}  # fmt: skip


@route(blueprint, "/backups", verb="backup.list")
def backups() -> str:
    """All of them, the newest first."""
    wanted = listing("/backups", request.args, _SORTS, sort="-taken")
    everything = ask("backup.list")
    counted, shown = wanted.shown(everything, _SORTS, _words)
    return render_template("backups.html", listing=counted, backups=shown, all=len(everything))


@route(blueprint, "/backups/<id>", verb="backup.show")
def backup(id: str) -> str:
    """One of them, and what it holds."""
    return render_template("backup.html", backup=ask("backup.show", id=id))


@route(blueprint, "/backups/<id>/check", methods=("POST",), verb="backup.check")
def check(id: str) -> Response:
    """Read every byte of it again; the job's page shows how far that is."""
    filled()
    address = begin("backup.check", f"backup {id}", id=ask("backup.show", id=id)["id"])
    return elsewhere(address, "quiet", f"Backup {id} is read")


@route(blueprint, "/backups/<id>/fetch", methods=("POST",), verb="backup.get")
def fetch(id: str) -> Response:
    """Lead the browser to its bytes, once the password was given: what a link leads to cannot ask for one."""
    filled()
    registry.admit(g.context, registry.verbs()["backup.get"])
    found = ask("backup.show", id=id)
    if found["state"] == "refused":
        raise PxeserveError(f"backup {id} was refused, and none of it was kept: {found['because']}", fix="take another one of the list")
    return Response("", 200, {"HX-Redirect": f"/api/v1/backups/{quote(id, safe='')}/content"})


@route(blueprint, "/backups/<id>", methods=("DELETE",), verb="backup.remove")
def remove(id: str) -> Response:
    """Forget it with its bytes."""
    form = filled("confirm")
    if form.text("confirm") != id:
        raise PxeserveError(f"{id} was not typed, so it is still there", fix="type its id to remove it")
    ask("backup.remove", id=id)
    return elsewhere("/backups", "good", f"Backup {id} is removed with its bytes")


def _words(backup: Mapping[str, Any]) -> str:
    """What a search looks through."""
    holds = backup["holds"]
    said = (backup[key] for key in ("id", "pool", "kind", "host", "state", "by"))
    return " ".join((*said, str(holds.get("product", "")), str(holds.get("version", "")))).lower()

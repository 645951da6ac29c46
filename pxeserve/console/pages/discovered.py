"""Discovered machines: what network-booted and is no host yet; how it becomes one, singly or many at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere, said
from pxeserve.console.pages.hosts import profile_choices
from pxeserve.errors import PxeserveError

blueprint = Blueprint("discovered", __name__)
_SORTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "mac": lambda one: one["mac"],
    "seen": lambda one: one["last_seen"],
    "firmware": lambda one: one["firmware"] or "",
}


@route(blueprint, "/discovered", verb="discovered.list")
def discovered() -> str:
    """All of them, or those that the search finds."""
    wanted = listing("/discovered", request.args, _SORTS, sort="-seen")
    everybody = ask("discovered.list")
    counted, shown = wanted.shown(everybody, _SORTS, _words)
    return render_template("discovered.html", listing=counted, machines=shown, all=len(everybody), profiles=profile_choices())


@route(blueprint, "/discovered/adopt", methods=("POST",), verb="discovered.adopt-all")
def adopt() -> Response:
    """Make hosts of those that were given a name: all of them, or none."""
    form = filled("mac", "name", "profile", "rack")
    named = [(name, mac) for mac, name in form.rows("mac", "name") if name]
    if not named:
        raise PxeserveError("no machine was given a name", fix="write a name beside those that are to be hosts")
    profile = form.needed("profile", "A profile")
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(("name", "mac", "profile", "rack"))
    writer.writerows((name, mac, profile, form.text("rack")) for name, mac in named)
    told = ask("discovered.adopt-all", text=table.getvalue(), form="csv", file="what was filled in")
    first = named[0][0]
    many = f"{len(named)} machines are hosts now" if len(named) > 1 else f"{first} is a host now"
    return elsewhere(f"/hosts/{first.lower()}" if len(named) == 1 else "/hosts", "good", many, " ".join(told["notes"]))


@route(blueprint, "/discovered/forget", methods=("POST",), verb="discovered.forget")
def forget() -> Response:
    """Forget one."""
    mac = filled("mac").needed("mac", "The MAC")
    ask("discovered.forget", mac=mac)
    return said("good", f"{mac} is forgotten; when it network-boots again it is here again", news="hosts")


def _words(machine: Mapping[str, Any]) -> str:
    """What a search looks through."""
    fields = ("mac", "vendor_class", "uuid", "hostname", "relay", "circuit", "firmware", "architecture")
    return " ".join(str(machine[field] or "") for field in fields).lower()

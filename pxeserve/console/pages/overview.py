"""The first page: racks and where their hosts stand, what is stuck and why, the health of media and server, and the traffic."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from markupsafe import Markup

from pxeserve.console.alike import alike
from pxeserve.console.asking import ask
from pxeserve.console.gate import route

blueprint = Blueprint("overview", __name__)
_BACK = frozenset({"60", "360", "1440"})
"""Minutes that the plot goes back."""


@route(blueprint, "/", verb="overview")
def overview() -> str:
    """Everything at a glance."""
    status, told = ask("status"), ask("overview")
    return render_template(
        "overview.html", told=told, stuck=alike(told["stuck"]), status=status, findings=ask("doctor.standing"), media=status["media"],
        summed=_summed, strangers=len(ask("discovered.list")), steps=[] if told["hosts"] else _first_steps(bool(status["media"])),
    )  # fmt: skip


def _summed(one: dict[str, Any]) -> Markup:
    """A rack that tells how many of its hosts are in which state: of the hundreds that a large site has, few have changed since the last
    look."""
    return _drawn(one["rack"], tuple(one["counts"].items()), one["total"], one["troubled"])


@lru_cache(maxsize=1000)
def _drawn(rack: str, counts: tuple[tuple[str, int], ...], total: int, troubled: int) -> Markup:
    racks: Any = current_app.jinja_env.get_template("parts/racks.html").module
    drawn: Markup = racks.rack({"rack": rack, "counts": dict(counts), "total": total, "troubled": troubled, "hosts": None})
    return drawn


@route(blueprint, "/overview/traffic", verb="traffic")
def traffic() -> Response:
    """What the plot is drawn of."""
    minutes = request.args.get("minutes", "60")
    return jsonify(ask("traffic", minutes=int(minutes) if minutes in _BACK else 60))


def _first_steps(medium: bool) -> list[tuple[bool, str, str, str, str]]:
    """What leads to a first installation: whether it is done, its icon, name and place, and what it is."""
    loaders, profile = bool(ask("loaders.list")["sets"]), bool(ask("profile.list"))
    return [
        (loaders, "play", "Import boot loaders", "/media#loaders", "What a machine fetches first: Debian's packages hold them."),
        (medium, "media", "Import a medium", "/media/-/import", "An ISO image of XenServer or XCP-ng: drop it, or say where it lies."),
        (profile, "edit", "Make a profile", "/profiles", "Which medium a kind of machine gets, and what its installer is told."),
        (False, "add", "Add a host", "/hosts/-/new", "A name for the MAC of a machine's card. Or adopt one that has network-booted."),
        (False, "power", "Rehearse it, then arm it", "/help", "On the host's page. Its next network boot installs it, once."),
    ]  # fmt: skip

"""The first page: racks and where their hosts stand, what is stuck and why, the health of media and server, and the traffic."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

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
        strangers=len(ask("discovered.list")), steps=[] if told["hosts"] else _first_steps(bool(status["media"])),
    )  # fmt: skip


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

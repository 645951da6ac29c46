"""The first page: racks and where their hosts stand, what is stuck and why, the health of media and server, and the traffic."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.gate import route

blueprint = Blueprint("overview", __name__)
_BACK = frozenset({"60", "360", "1440"})
"""Minutes that the plot goes back."""


@route(blueprint, "/", verb="overview")
def overview() -> str:
    """Everything at a glance."""
    status = ask("status")
    return render_template(
        "overview.html", told=ask("overview"), status=status, findings=ask("doctor.standing"), media=status["media"],
        strangers=len(ask("discovered.list")),
    )  # fmt: skip


@route(blueprint, "/overview/traffic", verb="traffic")
def traffic() -> Response:
    """What the plot is drawn of."""
    minutes = request.args.get("minutes", "60")
    return jsonify(ask("traffic", minutes=int(minutes) if minutes in _BACK else 60))

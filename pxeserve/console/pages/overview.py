"""The first page: racks and where their hosts stand, what is stuck and why, the health of media and server, and the traffic."""

from __future__ import annotations

from flask import Blueprint, render_template

from pxeserve.console.asking import ask
from pxeserve.console.gate import route

blueprint = Blueprint("overview", __name__)


@route(blueprint, "/", verb="overview")
def overview() -> str:
    """Everything at a glance."""
    status = ask("status")
    return render_template(
        "overview.html", told=ask("overview"), status=status, findings=ask("doctor.standing"), media=status["media"],
        strangers=len(ask("discovered.list")),
    )  # fmt: skip

"""The first page: what the service has and does."""

from __future__ import annotations

from flask import Blueprint, render_template

from pxeserve.console.asking import ask
from pxeserve.console.gate import route

blueprint = Blueprint("overview", __name__)


@route(blueprint, "/", verb="status")
def overview() -> str:
    """Everything at a glance."""
    return render_template("overview.html", status=ask("status"))

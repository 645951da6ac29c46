"""What the service has and does, for programs."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from pxeserve.console.asking import ask
from pxeserve.console.gate import route

blueprint = Blueprint("api_status", __name__, url_prefix="/api/v1")


@route(blueprint, "/status", verb="status")
def status() -> Response:
    """As `pxeserve status --json`."""
    return jsonify(ask("status"))

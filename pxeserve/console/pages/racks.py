"""A rack: where each of its hosts stands, as it changes."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template

from pxeserve.console.alike import alike
from pxeserve.console.asking import ask
from pxeserve.console.gate import route

blueprint = Blueprint("racks", __name__)


@route(blueprint, "/racks", verb="rack.list")
def racks() -> Response:
    """All racks are on the first page."""
    return redirect("/", 303)  # type: ignore[return-value]


@route(blueprint, "/racks/<name>", verb="rack.show")
def rack(name: str) -> str:
    """One of them; `-` is for the hosts that are in none."""
    found = ask("rack.show", name=name)
    stuck = alike(one for one in found["hosts"] if one["troubled"])
    return render_template("rack.html", rack=found, stuck=stuck, others=ask("rack.list"))

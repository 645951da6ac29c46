"""A job: how far it is, and what came of it."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.pages.answers import said
from pxeserve.console.pages.working import shown

blueprint = Blueprint("jobs", __name__)


@route(blueprint, "/jobs/<id>", verb="job.show")
def job(id: str) -> str:
    """One of them."""
    return render_template("job.html", job=shown(ask("job.show", id=id)))


@route(blueprint, "/jobs/<id>/cancel", methods=("POST",), verb="job.cancel")
def cancel(id: str) -> Response:
    """Have it stop."""
    filled()
    told = ask("job.cancel", id=id)
    return said("quiet", f"{told['about']}: it stops as soon as it can", news="media")

"""A dead host, and the way back: its plan, a drill of it, and the runbooks under way. What a step does, `operations` know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.listing import listing
from pxeserve.console.pages.answers import elsewhere
from pxeserve.console.pages.host import host_page
from pxeserve.errors import NotFoundError, PxeserveError

blueprint = Blueprint("recovery", __name__)
_SORTS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "begun": lambda one: one["begun_at"], "changed": lambda one: one["changed_at"], "host": lambda one: one["host"],
    "pool": lambda one: one["pool"], "state": lambda one: (one["state"], one["drill"]),
}  # fmt: skip
_LOOKED_THROUGH = ("id", "host", "pool", "role", "state", "step", "begun_by")


@route(blueprint, "/recoveries", verb="recover.list")
def recoveries() -> str:
    """The newest of them, drills too."""
    wanted = listing("/recoveries", request.args, _SORTS, sort="-begun")
    everything = ask("recover.list")
    counted, shown = wanted.shown(everything, _SORTS, _words)
    return render_template("recoveries.html", listing=counted, recoveries=shown, all=len(everything))


@route(blueprint, "/recoveries/<id>", verb="recover.show")
def recovery(id: str) -> str:
    """One of them: each step, who does it and how it stands."""
    return render_template("recovery.html", recovery=ask("recover.show", id=id))


@route(blueprint, "/recoveries/<id>/confirm", methods=("POST",), verb="recover.confirm")
def confirm(id: str) -> Response:
    """Say that a person's step is done: the one that the page showed."""
    form = filled("step")
    step = form.needed("step", "The step")
    ask("recover.confirm", id=id, step=step)
    return elsewhere(_page(id), "good", f"{step} is confirmed, and it goes on")


@route(blueprint, "/recoveries/<id>/resume", methods=("POST",), verb="recover.resume")
def resume(id: str) -> Response:
    """Take it up again where it stopped."""
    filled()
    told = ask("recover.resume", id=id)
    return elsewhere(_page(id), "good", f"It goes on at {told['step']}")


@route(blueprint, "/recoveries/<id>/stop", methods=("POST",), verb="recover.stop")
def stop(id: str) -> Response:
    """Give it up."""
    form = filled("confirm")
    host = ask("recover.show", id=id)["host"]
    if form.text("confirm") != host:
        raise PxeserveError(f"{host} was not typed, so its recovery goes on", fix="type its name to give it up")
    ask("recover.stop", id=id)
    return elsewhere(_page(id), "look", f"The recovery of {host} is given up", "An install that it armed is ended on the page of the host.")


@route(blueprint, "/hosts/<name>/recover", verb="recover.plan")
def plan(name: str) -> str:
    """How it would come back, and what is lost. Its old address is asked whether anything answers there, which takes seconds."""
    found, why = None, None
    try:
        found = ask("recover.plan", name=name)
    except NotFoundError:
        raise
    except PxeserveError as error:
        why = error
    live = next((one for one in ask("recover.list") if found and one["pool"] == found["pool"] and _goes_on(one)), None)
    return host_page("host_recover.html", name, plan=found, why=why, under_way=live)


@route(blueprint, "/hosts/<name>/recover", methods=("POST",), verb="recover.begin")
def begin(name: str) -> Response:
    """Begin the plan that the page showed: its name has to be typed, as it will be wiped."""
    form = filled("confirm", "print")
    told = ask("recover.begin", name=name, print=form.text("print"), confirm=form.text("confirm") or None)
    return elsewhere(_page(told["id"]), "good", f"The recovery of {told['host']} is begun", "Each step stands here; this page follows it.")


@route(blueprint, "/hosts/<name>/drill", methods=("POST",), verb="recover.drill")
def drill(name: str) -> str:
    """Rehearse it; what came of that, for the page that asked."""
    filled()
    return render_template("parts/drilled.html", drill=ask("recover.drill", name=name))


def _goes_on(one: Mapping[str, Any]) -> bool:
    return not one["drill"] and one["state"] in ("running", "waiting", "stopped")


def _words(recovery: Mapping[str, Any]) -> str:
    """What a search looks through."""
    return " ".join((*(str(recovery[key]) for key in _LOOKED_THROUGH), "drill" if recovery["drill"] else "recovery")).lower()


def _page(id: str) -> str:
    return f"/recoveries/{quote(id, safe='')}"

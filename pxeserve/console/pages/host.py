"""One host: its timeline as a picture and as rows, what it would get and why, its values, rehearsal and log, and what is done with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import structlog
from flask import Blueprint, Response, g, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.bars import picture
from pxeserve.console.filled import filled
from pxeserve.console.gate import route
from pxeserve.console.incidents import IncidentError
from pxeserve.console.pages.answers import elsewhere
from pxeserve.console.pages.hosts import MODES, profile_choices
from pxeserve.domain.client import Firmware
from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError

blueprint = Blueprint("host", __name__)
_LIVE = frozenset(map(str, LIVE_STATES))
_FIRMWARE = frozenset(map(str, Firmware))
_logger = structlog.get_logger("console")
_SHOWN = 1500
"""Events that the page is made of: some installations with all their packages."""
_FIELDS = ("rack", "tags", "address", "uuid", "serial")


@route(blueprint, "/hosts/<name>", verb="timeline")
def timeline(name: str) -> str:
    """What it did, installation by installation and boot by boot, and what should come next."""
    found = ask("timeline", host=name) if "whole" in request.args else ask("timeline", host=name, limit=_SHOWN)
    pictures = [(one, picture(one)) for one in reversed(found["installs"])]
    return host_page("host.html", name, timeline=found, pictures=pictures, coming=_coming(found))


@route(blueprint, "/hosts/<name>/values", verb="host.show")
def values(name: str) -> str:
    """Its final values, each with who said it."""
    mode = request.args.get("mode", "fresh")
    try:
        rendered, why = ask("answerfile.render", name=name, mode=mode if mode in MODES else "fresh"), None
    except NotFoundError:
        raise
    except PxeserveError as error:
        rendered, why = None, error
    return host_page("host_values.html", name, rendered=rendered, why=why, mode=mode)


@route(blueprint, "/hosts/<name>/explain", verb="explain")
def explain(name: str) -> str:
    """What it would get if it booted now, and because of what."""
    firmware = request.args.get("firmware", "")
    told, why = None, None
    try:
        told = ask("explain", mac=name, firmware=firmware if firmware in _FIRMWARE else None)
    except NotFoundError:
        raise
    except PxeserveError as error:
        why = error
    return host_page("host_explain.html", name, told=told, why=why, firmware=firmware, kinds=list(Firmware))


@route(blueprint, "/hosts/<name>/rehearse", verb="rehearse.foresee")
def rehearse(name: str) -> str:
    """Where its rehearsal is begun and watched."""
    return host_page("host_rehearse.html", name, kinds=list(Firmware))


@route(blueprint, "/hosts/<name>/rehearse", methods=("POST",), verb="rehearse.walk")
def walk(name: str) -> Response:
    """Walk it, a line of JSON for each step as it ends."""
    form = filled("firmware")
    macs = ask("host.show", name=name)["mac"]
    if not macs:
        raise PxeserveError(f"{name}: no card of it is known yet", fix="enter its MAC, or adopt it from the discovered machines")
    steps = ask("rehearse.walk", mac=macs[0], firmware=form.text("firmware") or None)
    return Response(_lines(name, steps), mimetype="application/x-ndjson", headers={"X-Accel-Buffering": "no"})


@route(blueprint, "/hosts/<name>/log", verb="host.log")
def log(name: str) -> str:
    """The end of its installer's log."""
    told, why = None, None
    try:
        told = ask("host.log", name=name)
    except PxeserveError as error:
        why = error
    return host_page("host_log.html", name, told=told, why=why)


@route(blueprint, "/hosts/<name>/edit", role=Role.OPERATOR)
def edit(name: str) -> str:
    """The form in which it is changed."""
    return host_page("host_edit.html", name, profiles=profile_choices())


@route(blueprint, "/hosts/<name>", methods=("PUT",), verb="host.set")
def change(name: str) -> Response:
    """Change it, if it is still what the form showed."""
    form = filled("profile", "mac", "revision", "answers", *_FIELDS)
    words = [f"{key}={form.text(key)}" for key in _FIELDS]
    words += [line.strip() for line in form.raw("answers", longest=20_000).splitlines() if line.strip()]
    told = ask(
        "host.set", name=name, profile=form.text("profile") or None, mac=form.text("mac").replace(",", " ").split() or None, set=words,
        revision=form.text("revision", longest=5000) or None,
    )  # fmt: skip
    return elsewhere(f"/hosts/{told['name']}", "good", f"{told['name']} is changed", " ".join(told["notes"]))


@route(blueprint, "/hosts/<name>", methods=("DELETE",), verb="host.remove")
def remove(name: str) -> Response:
    """Forget it."""
    form = filled("confirm", "revision")
    if form.text("confirm") != name:
        raise PxeserveError(f"{name} was not typed, so it is still there", fix="type its name to remove it")
    ask("host.remove", name=name, revision=form.text("revision", longest=5000) or None)
    return elsewhere("/hosts", "good", f"{name} is removed; what the record tells of it is kept")


@route(blueprint, "/hosts/<name>/install", methods=("POST",), verb="host.install")
def install(name: str) -> Response:
    """Arm it."""
    form = filled("mode", "interactive", "again", "confirm")
    told = ask(
        "host.install", name=name, mode=form.text("mode") or None, interactive=form.ticked("interactive"), again=form.ticked("again"),
        confirm=form.text("confirm") or None, reveal="later",
    )  # fmt: skip
    notes = [*told["warnings"], *told.get("notes", ())]
    text = f"{name} is armed: its next network boot installs it, once"
    return elsewhere(f"/hosts/{name}", "look" if notes else "good", text, " ".join(notes))


@route(blueprint, "/hosts/<name>/cancel", methods=("POST",), verb="host.cancel")
def cancel(name: str) -> Response:
    """End its live install."""
    filled("confirm")
    ask("host.cancel", name=name)
    return elsewhere(f"/hosts/{name}", "good", f"The install of {name} is ended: its network boots end on its own disk")


@route(blueprint, "/hosts/<name>/password", methods=("POST",), verb="host.password")
def password(name: str) -> str:
    """Its root password, once."""
    filled()
    return render_template("parts/password.html", told=ask("host.password", name=name))


def _coming(found: dict[str, Any]) -> dict[str, Any] | None:
    """What should come now: of an arming that nothing followed, or of the newest boot while its install has not ended."""
    if said := found["unheard"] or found["next"]:
        return dict(said)
    boots = [one for one in found["boots"] if not one["rehearsal"]]
    return boots[-1]["next"] if boots and found["state"] in _LIVE else None


def _lines(name: str, steps: Iterator[dict[str, Any]]) -> Iterator[str]:
    """A line for each; what goes wrong on the way is the last one, as the answer has begun by then."""
    try:
        for step in steps:
            yield json.dumps(step) + "\n"
    except PxeserveError as error:
        yield _problem(error)
    except Exception:
        met = IncidentError("rehearsal")
        _logger.exception("a rehearsal failed in a way that was not foreseen", incident=met.number, host=name)
        yield _problem(met)


def _problem(error: PxeserveError) -> str:
    return json.dumps({"problem": {"code": error.code, "detail": error.message, "fix": error.fix}}) + "\n"


def host_page(template: str, name: str, **more: Any) -> str:
    """A page of a host: what all of them show of it, and `more`."""
    host = ask("host.show", name=name)
    host["pool"] = next((one["name"] for one in ask("pool.list") if host["name"] in one["hosts"]), "")
    coming = more.get("coming")
    host["stuck"] = bool(host["unheard"] or (coming and coming["overdue"]))
    tabs = [("", "Timeline"), ("/values", "Values"), ("/explain", "Explain"), ("/rehearse", "Rehearse")]
    if g.actor.role >= Role.OPERATOR:  # a log may tell what viewers are not to see
        tabs.append(("/log", "Log"))
    if host["pool"]:
        tabs.append(("/recover", "Recover"))
    live = host["state"] in _LIVE
    becomes = ask("host.modes", name=name) if host["medium"] and not live and g.actor.role >= Role.OPERATOR else None
    return render_template(
        template, host=host, live=live, becomes=becomes, tabs=[(f"/hosts/{host['name']}{end}", said) for end, said in tabs], modes=MODES,
        **more,
    )  # fmt: skip

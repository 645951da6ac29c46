"""Help: which way suits a network, how firmware lies, what may not come and why, and why a certain machine does not boot."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.gate import route
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError

blueprint = Blueprint("help", __name__)
_LONGEST = 255
_NEWEST = 12


@route(blueprint, "/help", role=Role.VIEWER)
def help() -> str:
    """What there is."""
    return render_template("help.html")


@route(blueprint, "/help/networks", verb="dhcp.networks")
def networks() -> str:
    """Topologies, with what this server is set to."""
    return render_template("help_networks.html", net=ask("dhcp.networks"))


@route(blueprint, "/help/quirks", verb="quirks.list")
def quirks() -> str:
    """Every quirk that is known."""
    words, query = _asked()
    everything = ask("quirks.list")
    found = [one for one in everything if _holds(one, ("about", "name", "seen", "does"), words)]
    return render_template("help_quirks.html", quirks=found, all=len(everything), query=query)


@route(blueprint, "/help/missing-steps", verb="missing.list")
def missing() -> str:
    """Step by step, what may not come."""
    words, query = _asked()
    steps = ask("missing.list")
    found = []
    for step in steps:
        causes = [one for one in step["causes"] if _holds(one, ("code", "text", "tell", "fix"), words)]
        if causes or not words:
            found.append({**step, "causes": causes})
    return render_template("help_missing.html", steps=found, query=query)


@route(blueprint, "/help/why", verb="explain")
def why() -> str:
    """Why does my machine not boot: what was heard of it, what should have come, what it would get, and what is wrong here."""
    who = request.args.get("who", "").strip().lower()[:_LONGEST]
    told: dict[str, Any] = {}
    trouble: PxeserveError | None = None
    if who:
        try:
            told = _about(who)
        except PxeserveError as error:
            trouble = error
    findings = ask("doctor.standing")
    ignored = sorted((one for one in ask("counters") if one["source"] == "dhcp"), key=lambda one: -one["count"])
    strangers = sorted(ask("discovered.list"), key=lambda one: -one["last_seen"])[:5] if who and not told.get("heard") else []
    return render_template(
        "help_why.html", who=who, told=told, trouble=trouble, findings=findings, ignored=ignored, strangers=strangers,
        mode=ask("dhcp.networks")["mode"],
    )  # fmt: skip


def _about(who: str) -> dict[str, Any]:
    """All that is known of a MAC or a host's name. Raises PxeserveError."""
    explained = ask("explain", mac=who)
    host = explained["host"]
    events = ask("event.page", **({"host": host} if host else {"mac": explained["mac"]}), limit=_NEWEST)["items"]
    timeline = ask("timeline", host=host) if host else None
    coming = explained["next"]
    if timeline is not None:
        coming = timeline["unheard"] or timeline["next"] or coming
    return {
        "explained": explained, "host": host, "events": events, "coming": coming, "state": timeline["state"] if timeline else None,
        "heard": explained["dhcp"]["last_heard"],
    }  # fmt: skip


def _holds(one: dict[str, Any], fields: tuple[str, ...], words: list[str]) -> bool:
    """Whether every word stands in one of these fields."""
    said = " ".join(str(one[field]) for field in fields).lower()
    return all(word in said for word in words)


def _asked() -> tuple[list[str], str]:
    query = request.args.get("q", "").strip()[:_LONGEST]
    return query.lower().split(), query

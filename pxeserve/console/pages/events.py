"""The record, an event a row: narrowed by kind, host and time, turned over, and followed as it grows."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.gate import route
from pxeserve.errors import PxeserveError

blueprint = Blueprint("events", __name__)

KINDS = ("dhcp", "boot", "tftp", "http", "install", "medium", "rehearsal", "doctor", "discovered", "system", "webhook")
_FIELDS = ("host", "mac", "kind", "install", "rack", "from", "to")
_ROWS = 100
_BACK = (("1h", "the last hour", 3600), ("1d", "the last day", 86400), ("7d", "the last week", 7 * 86400))
_KIND = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*", re.ASCII)
_MAC = re.compile(r"([0-9a-f]{2}[:-]){5}[0-9a-f]{2}", re.ASCII | re.IGNORECASE)


@route(blueprint, "/events", verb="event.page")
def events() -> str:
    """The newest first, as far as what is asked for finds them."""
    wanted = {name: value for name in _FIELDS if (value := request.args.get(name, "").strip()[:255])}
    after = request.args.get("after", "")
    place = int(after) if after.isascii() and after.isdigit() and len(after) < 18 else None
    told: dict[str, Any] = {"items": [], "next": None}
    why: PxeserveError | None = None
    try:
        told = ask("event.page", **_asked(wanted), after=place, limit=_ROWS)
    except PxeserveError as error:
        why = error
    follow = not after and "to" not in wanted and "follow" in request.args
    rows = [{**one, "text": _said(one), "because": _because(one), "rest": _rest(one)} for one in told["items"]]
    return render_template(
        "events.html", rows=rows, why=why, wanted={name: wanted.get(name, "") for name in _FIELDS}, narrowed=bool(wanted), kinds=KINDS,
        back=_BACK, follow=follow, here=_address(wanted, follow=follow), turned=bool(after), address=_address, ignored=ask("counters"),
        onwards=_address(wanted, after=told["next"]) if told["next"] else None,
    )  # fmt: skip


def _asked(wanted: dict[str, str]) -> dict[str, Any]:
    """What the verb is asked. A host's field takes a MAC as well. Raises PxeserveError for a time that is none."""
    asked: dict[str, Any] = {name: wanted[name] for name in ("mac", "install", "rack") if name in wanted}
    host = wanted.get("host", "")
    if host:
        asked["mac" if _MAC.fullmatch(host) else "host"] = host.lower()
    if kind := wanted.get("kind", "").removesuffix(".*").removesuffix("*"):
        if not _KIND.fullmatch(kind):
            raise PxeserveError(f"{kind[:40]!r} is not a kind of event", fix="such as install, or install.done")
        asked["kind"] = kind
    for word, name in (("from", "from_time"), ("to", "to_time")):
        if word in wanted:
            asked[name] = _moment(wanted[word], word)
    return asked


def _moment(said: str, word: str) -> float:
    """`1h`, `1d` or `7d` back from now, or a time of the clock in UTC. Raises PxeserveError."""
    for name, _, seconds in _BACK:
        if said == name:
            return time.time() - seconds
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise PxeserveError(f"{word}: {said[:40]!r} is no time", fix="such as 2026-03-01T14:30, in UTC") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _said(event: dict[str, Any]) -> str:
    """Its sentence; of an event that has none, such as install.armed, its kind as words."""
    return str(event["text"] or event["kind"].replace(".", " ").replace("-", " "))


def _because(event: dict[str, Any]) -> list[dict[str, Any]]:
    """The reasons that an event carries, as far as they read as such."""
    found = (event["data"] or {}).get("because")
    if isinstance(found, str) and found:
        return [{"weight": "because", "text": found, "source": ""}]
    if not isinstance(found, list):
        return []
    return [{"weight": str(one.get("weight", "")), "text": str(one.get("text", "")), "source": str(one.get("source", ""))}
            for one in found if isinstance(one, dict)]  # fmt: skip


def _rest(event: dict[str, Any]) -> str:
    """All else that it carries, for whoever wants every byte."""
    data = {name: value for name, value in (event["data"] or {}).items() if name != "because"}
    named = {name: event[name] for name in ("install", "session", "address") if event[name]}
    return json.dumps({**named, **data}, indent=1, default=str, ensure_ascii=False) if data or named else ""


def _address(wanted: dict[str, str], **more: Any) -> str:
    """The address of the record so narrowed."""
    given = {**wanted, **{name: "yes" if value is True else str(value) for name, value in more.items() if value}}
    said = {name: value for name, value in given.items() if value}
    return f"/events?{urlencode(said)}" if said else "/events"

"""The audit: who did what to what, and whether anybody has changed a line since."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from pxeserve.console.asking import ask
from pxeserve.console.gate import route
from pxeserve.errors import PxeserveError

blueprint = Blueprint("audit", __name__)
_FIELDS = ("actor", "action", "object", "since", "until")
_NUMBER = re.compile(r"[1-9]\d{0,15}", re.ASCII)


@route(blueprint, "/audit", verb="audit.list")
def audit() -> str:
    """The newest lines first, as far as what is asked for finds them."""
    wanted: dict[str, Any] = {name: value for name in _FIELDS if (value := request.args.get(name, "").strip()[:200])}
    before = request.args.get("before", "")
    told: dict[str, Any] = {"lines": [], "next": None}
    why = None
    try:
        moments: dict[str, Any] = {name: _moment(wanted[name], name) for name in ("since", "until") if name in wanted}
        told = ask("audit.list", **(wanted | moments), before=int(before) if _NUMBER.fullmatch(before) else None)
    except PxeserveError as error:
        why = error
    onwards = f"/audit?{urlencode({**wanted, 'before': told['next']})}" if told["next"] else None
    return render_template("audit.html", lines=told["lines"], wanted=wanted, onwards=onwards, turned=bool(before), why=why)


@route(blueprint, "/audit/verify", verb="audit.verify")
def verify() -> str:
    """Whether the chain holds."""
    return render_template("parts/chain.html", chain=ask("audit.verify"))


def _moment(said: str, word: str) -> float:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        raise PxeserveError(f"{word}: {said[:40]!r} is no time", fix="such as 2026-03-01T14:30, in UTC") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()

"""How a page answers what was done on it: somewhere else to go, or a message in the corner."""

from __future__ import annotations

import json

from flask import Response, g

from pxeserve.operations import undoing

_KEPT = 600
"""Letters of a message."""


def elsewhere(address: str, kind: str, text: str, fix: str = "") -> Response:
    """Go to `address`, and say `text` there. `kind` is good, look, bad or quiet. What can be taken back is offered beside it."""
    message = _message(kind, text, fix) | ({"undo": word} if (word := undoing.told(g.context)) else {})
    return Response("", 200, {"HX-Trigger": _spelt({"later": message}), "HX-Redirect": address})


def said(kind: str, text: str, fix: str = "", *, news: str = "") -> Response:
    """Stay, and say `text`; what waits for `live:NEWS` shows itself again."""
    again: dict[str, object] = {f"live:{news}": {}} if news else {}
    return Response("", 204, {"HX-Trigger": _spelt({"toast": _message(kind, text, fix), **again})})


def _message(kind: str, text: str, fix: str) -> dict[str, str]:
    return {"kind": kind, "text": text[:_KEPT], "fix": fix[:_KEPT]}


def _spelt(told: dict[str, object]) -> str:
    """For a header, which is ASCII: what is not leaves as JSON's own escapes."""
    return json.dumps(told)

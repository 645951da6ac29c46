"""How pages and API ask for an operation: as whoever the gate let in."""

from __future__ import annotations

from typing import Any

from flask import g

from pxeserve.operations import registry


def ask(verb: str, **arguments: Any) -> Any:
    """What comes of `verb`. Raises PxeserveError as `registry.call` does; the answer to that is written in one place (`problems`)."""
    return registry.call(g.context, verb, arguments)

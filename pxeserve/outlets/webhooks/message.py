"""What is posted: the shape that receivers rely on. Fields may be added to it; none changes its meaning, and none goes away.

Refuses to know how it travels.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pxeserve.store.events import EventRow

TEST = "webhook.test"


class Message(NamedTuple):
    """One delivery: `id` is the same whenever this event is posted to this hook again; `body` is JSON."""

    id: str
    body: bytes


def of_event(stream: str, event: EventRow) -> Message:
    """The message of an event. `stream` is the hook's own word, drawn once."""
    id_ = f"evt_{stream}_{event.id}"
    fields: dict[str, Any] = {
        "delivery": id_,
        "id": event.id,
        "at": event.at,
        "time": _iso(event.at),
        "kind": event.kind,
        "host": event.host,
        "mac": event.mac,
        "address": event.address,
        "install": event.install,
        "session": event.session,
        "text": event.text,
        "data": dict(event.data or {}),
    }
    return Message(id_, json.dumps(fields, separators=(",", ":")).encode())


def of_test(word: str, name: str, now: float) -> Message:
    """A message that tells of nothing, for the hook `name`."""
    text = f"a test of the webhook {name}: nothing has happened"
    shape = of_event("test", EventRow(0, now, TEST, text=text, data={"webhook": name}))
    id_ = f"evt_test_{word}"
    return Message(id_, json.dumps(json.loads(shape.body) | {"delivery": id_}, separators=(",", ":")).encode())


def _iso(at: float) -> str | None:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError):
        return None

"""What a datagram from a serving process says: an event, a count, or nothing that can be believed.

The serving processes are ours, but what they tell of is not: everything is bounded and made harmless here once more, so that a
forgotten place elsewhere cannot put a control character into the record. Refuses to know how it is stored.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from pxeserve.events.record import Event, harmless

_WORD = 80
_SENTENCE = 2000
_DEEPEST = 8
_WHOM = ("host", "mac", "address", "install", "session")
_LATEST = 1e11
_LARGEST_INTEGER = 2**63


@dataclass(frozen=True, slots=True)
class Count:
    """Something that happened `count` times in one minute (epoch seconds // 60), told by the process `source`."""

    minute: int
    source: str
    reason: str
    count: int


class MalformedError(ValueError):
    """A datagram that says nothing that can be believed."""


def read(data: bytes) -> Event | Count:
    """What `data` says. Raises MalformedError."""
    try:
        line = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MalformedError("not JSON") from None
    match line:
        case {"event": dict(values)}:
            return clean(values)
        case {"count": dict(values)}:
            return _count(values)
    raise MalformedError("neither an event nor a count")


def clean(values: Mapping[str, Any]) -> Event:
    """The event with these fields, every text in it bounded and harmless. Raises MalformedError."""
    kind, at, data = values.get("kind"), values.get("at"), values.get("data") or {}
    if not isinstance(kind, str) or not kind or not isinstance(data, dict):
        raise MalformedError("an event without a kind")
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < _LATEST:
        raise MalformedError("an event without a time")
    whom = {name: _text(values.get(name), _WORD) for name in _WHOM}
    return Event(harmless(kind, _WORD), float(at), _text(values.get("text"), _SENTENCE) or "", data=_plain(data, 0), **whom)


def _count(values: Mapping[str, Any]) -> Count:
    minute, source, reason, count = (values.get(name) for name in ("minute", "source", "reason", "count"))
    if not _whole(minute) or not _whole(count) or not isinstance(source, str) or not isinstance(reason, str):
        raise MalformedError("a count without its words")
    assert isinstance(minute, int)
    assert isinstance(count, int)
    return Count(minute, harmless(source, _WORD), harmless(reason, _WORD), count)


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST_INTEGER


def _text(value: object, limit: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise MalformedError("text that is none")
    return harmless(value, limit)


def _plain(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise MalformedError("too deep")
    kind = type(value)  # JSON gives no others; and lists of a thousand numbers come through here
    if kind is str:
        return harmless(value, _SENTENCE)
    if kind is int and -_LARGEST_INTEGER < value < _LARGEST_INTEGER:
        return value
    if kind is list:
        return [_plain(one, depth + 1) for one in value]
    if kind is dict:
        return {harmless(str(key), _WORD): _plain(one, depth + 1) for key, one in value.items()}
    if value is None or kind is bool or (kind is float and math.isfinite(value)):
        return value
    raise MalformedError("a value that cannot be kept")


def _no_constant(name: str) -> NoReturn:
    raise MalformedError(f"{name} is no number")

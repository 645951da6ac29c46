"""Pages of lists. A cursor is opaque: where the page before ended, by the key of its last item and, in case that is gone by now, by its
place.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pxeserve.console.api.reading import Wrong, WrongFieldsError

Place = tuple[str | int, int]
"""The key of the last item that was shown, and how many had been shown with it."""


def cursor(place: Place) -> str:
    """As it is handed out."""
    text = json.dumps(place, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def place(said: str | None) -> Place | None:
    """The reverse. Raises WrongFieldsError for what was never handed out."""
    if said is None:
        return None
    try:
        found = json.loads(base64.b64decode(said + "=" * (-len(said) % 4), altchars=b"-_", validate=True))
        key, count = found
        if isinstance(key, str | int) and not isinstance(key, bool) and type(count) is int and 0 <= count < 1 << 53 and _sound(key):
            return key, count
    except (binascii.Error, ValueError, TypeError, RecursionError):
        pass
    raise WrongFieldsError((Wrong("query", "cursor", "is none that was handed out here"),))


def part(items: Sequence[Any], key: str, after: Place | None, limit: int) -> tuple[Sequence[Any], Place | None]:
    """At most `limit` of `items` that come after `after`, and where to go on; None at the end."""
    begin = 0
    if after is not None:
        begin = next((number for number, item in enumerate(items, 1) if item[key] == after[0]), after[1])
    found = items[begin : begin + limit]
    end = begin + len(found)
    return found, (found[-1][key], end) if found and end < len(items) else None


def holding(items: Sequence[Any], words: Sequence[str]) -> Sequence[Any]:
    """Those of `items` in which every word stands, in some value of it that is a text, a number, or a list of those."""
    wanted = [word.lower() for word in words]
    return [item for item in items if all(word in text for text in [_text(item)] for word in wanted)] if wanted else items


def _text(item: Mapping[str, Any]) -> str:
    said: list[str] = []
    for value in item.values():
        said += [str(one) for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, str | int | float)]
    return "\n".join(said).lower()


def _sound(key: str | int) -> bool:
    if isinstance(key, int):
        return abs(key) < 1 << 63
    return key.isprintable()

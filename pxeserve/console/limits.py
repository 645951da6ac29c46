"""How much a request may say: bytes of its body, and what may stand in its JSON. Refuses to know what it is for.

Strict where two programs could read one document in two ways (RFC 8259 sections 4 and 6): names given twice, numbers that no program holds
as they were written.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from flask import Flask, Request
from flask.json.provider import DefaultJSONProvider

from pxeserve.errors import PxeserveError

MOST_BODY = 1 << 20
"""Bytes of a body where the route says nothing else."""

DEEPEST = 32
"""Levels of arrays and objects."""

LONGEST_NUMBER = 20
"""Digits of a whole number: 64 bits and a sign go in."""

LONGEST_REAL = 100
"""Characters of a number with a fraction or an exponent: 25 tell every one that a program holds."""

MOST_PARTS = 200_000
"""Objects, arrays, texts, names, and what a comma parts, all together. As values each of them is up to fifty times as long as it is in the
body, so they are counted before any is made; a text counts once, however long it is."""

_PART = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)
"""A text as a whole, or a character that has a meaning outside of texts. Looks at no character twice, whatever the body is."""


class MalformedError(PxeserveError):
    """A body that is no JSON, or not such JSON as is taken."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="malformed")


def parsed(text: str | bytes) -> Any:
    """The value that `text` holds. Raises MalformedError, with the line and column or the name at which it is wrong, and PxeserveError
    (`too-large`) for more than MOST_PARTS."""
    text = _decoded(text)
    _refuse_too_much(text)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_int=_whole, parse_float=_real, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise MalformedError(f"the body is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    _refuse_no_text(value)
    return value


class StrictJSON(DefaultJSONProvider):
    """Flask's JSON with this module's strictness on the way in."""

    sort_keys = False
    ensure_ascii = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ARG002 - the base class has them
        """See `parsed`."""
        return parsed(s)


class BoundedRequest(Request):
    """A request whose JSON is an object of ours or an error in our words."""

    max_form_memory_size = MOST_BODY
    max_form_parts = 100

    def on_json_loading_failed(self, e: ValueError | None) -> Any:
        """Called where there is no JSON, or none that could be read."""
        if e is None:
            raise PxeserveError("the body is not application/json", code="media-type", fix="send Content-Type: application/json")
        raise MalformedError(f"the body is not JSON: {e}")


def install(app: Flask) -> None:
    """Hold `app` to these limits; a route's own bytes are the gate's to set."""
    app.request_class = BoundedRequest
    app.json = StrictJSON(app)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY


def _decoded(text: str | bytes) -> str:
    try:
        return text if isinstance(text, str) else text.decode()  # and nothing but UTF-8 (RFC 8259, section 8.1)
    except UnicodeDecodeError:
        raise MalformedError("the body is not UTF-8") from None


def _refuse_too_much(text: str) -> None:
    """Raises MalformedError for what is nested too deep, and PxeserveError for too many parts."""
    depth = 0
    for count, found in enumerate(_PART.finditer(text), 1):
        if count > MOST_PARTS:
            fix = "send it in several requests; what a site declares goes as one text"
            raise PxeserveError(f"the body holds more than {MOST_PARTS:,} values and names", code="too-large", fix=fix)
        first = text[found.start()]
        if first in "[{":
            depth += 1
            if depth > DEEPEST:
                raise MalformedError(f"the body is nested more than {DEEPEST} levels deep")
        elif first in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise MalformedError(f"{_shown(name)} stands twice in one object")
        found[name] = value
    return found


def _whole(text: str) -> int:
    if len(text.removeprefix("-")) > LONGEST_NUMBER:
        raise MalformedError(f"a number of more than {LONGEST_NUMBER} digits: {text[:LONGEST_NUMBER]}...")
    return int(text)


def _real(text: str) -> float:
    if len(text) > LONGEST_REAL:
        raise MalformedError(f"a number of more than {LONGEST_REAL} characters: {text[:LONGEST_NUMBER]}...")
    value = float(text)
    if not math.isfinite(value):
        raise MalformedError(f"a number that is too large: {text[:LONGEST_NUMBER]}")
    return value


def _constant(text: str) -> Any:
    raise MalformedError(f"{text} is no number in JSON")


def _refuse_no_text(value: Any) -> None:
    """Raises MalformedError for text that has no UTF-8 (half a surrogate pair)."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if not one.isascii():
                _encodable(one)
        elif isinstance(one, dict):
            waiting += one.keys()
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _encodable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MalformedError(f"text that is no Unicode (half a surrogate pair): {ascii(text)[:40]}") from None


def _shown(name: str) -> str:
    return json.dumps(name[:40])

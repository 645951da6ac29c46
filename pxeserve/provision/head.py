"""The head of an HTTP/1.x request: bytes in, a Request out, or that more is needed, or what is wrong with it (RFC 9112).

Strict on purpose: whatever two programs could read in two ways is refused, because that is how requests are smuggled.
Refuses to know sockets, and what a path means.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

MAX_HEAD = 8192
"""Longest request head in bytes, request line and the closing empty line included."""

MAX_HEADERS = 64
"""Most header lines of one request."""

_MEDIA = b"GET /media/"
_ALIKE = 1024
"""Heads that ask for media and are no longer than this are remembered."""

_NEVER = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r(?![\n]|\Z)")
_LINE = re.compile(rb"([A-Z][A-Z!#$%&'*+.^_`|~0-9-]{0,31}) ([\x21-\x7e]+) HTTP/([0-9])\.([0-9])")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_ABSOLUTE = re.compile(rb"http://([^/?#]+)(/.*)?", re.IGNORECASE)


class Request(NamedTuple):
    """One request head. `path` and `query` are as they were sent, still percent-encoded; header names are lower case.

    `length` is the body's length in bytes, `size` the head's own: what follows it in the buffer is body or the next request.
    """

    method: str
    path: str
    query: str
    minor: int
    headers: tuple[tuple[str, str], ...]
    length: int
    keep_alive: bool
    size: int

    def header(self, name: str) -> str | None:
        """The first header called `name` (lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Nothing is wrong so far, and the head has not ended."""


@dataclass(frozen=True, slots=True)
class BadRequest:
    """A head that is not answered but refused: `status` as in RFC 9110 section 15.5, `reason` for the counters. Close after it."""

    status: int
    reason: str


INCOMPLETE = Incomplete()


def parse(data: bytes, own: frozenset[str] = frozenset()) -> Request | Incomplete | BadRequest:
    """The request head at the beginning of `data`. Total: no bytes make it raise.

    `own` holds the authorities (`address` or `address:port`) for which the absolute form of a target is accepted; we are no proxy.
    What is read of a head that asks for media is remembered, since the machines of a rack all send the same. Nothing else is, so that
    no token stays in memory.
    """
    return _alike(data, own) if data.startswith(_MEDIA) and len(data) <= _ALIKE else _parsed(data, own)


def _parsed(data: bytes, own: frozenset[str]) -> Request | Incomplete | BadRequest:
    start = 2 if data.startswith(b"\r\n") else 0  # RFC 9112 section 2.2: one empty line ahead of a request is forgiven
    end = data.find(b"\r\n\r\n", start)
    head = data[start : end + 4] if end >= 0 else data[start : MAX_HEAD + 1]
    if len(head) > MAX_HEAD:
        return BadRequest(431, "head-too-long") if b"\r\n" in head[:MAX_HEAD] else BadRequest(414, "target-too-long")
    if _NEVER.search(head):
        return BadRequest(400, "control-character")
    if end < 0:
        return INCOMPLETE
    first, *lines = head[:-4].split(b"\r\n")
    if len(lines) > MAX_HEADERS:
        return BadRequest(431, "too-many-headers")
    line = _LINE.fullmatch(first)
    if line is None:
        return BadRequest(400, "request-line")
    if line[3] != b"1":
        return BadRequest(505, "version")
    headers = _headers(lines)
    if isinstance(headers, BadRequest):
        return headers
    minor = min(int(line[4]), 1)
    length = _body(headers, minor)
    if isinstance(length, BadRequest):
        return length
    target = _target(line[2], own)
    if target is None:
        return BadRequest(400, "target")
    path, _, query = target.partition("?")
    return Request(line[1].decode(), path, query, minor, headers, length, _keep_alive(headers, minor), start + len(head))


_alike = lru_cache(maxsize=2048)(_parsed)


def _headers(lines: list[bytes]) -> tuple[tuple[str, str], ...] | BadRequest:
    found = []
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            return BadRequest(400, "folded-header")
        name, colon, value = line.partition(b":")
        if not colon or not _NAME.fullmatch(name):
            return BadRequest(400, "header-name")
        found.append((name.decode().lower(), value.strip(b" \t").decode("latin-1")))
    return tuple(found)


def _body(headers: tuple[tuple[str, str], ...], minor: int) -> int | BadRequest:
    """The body's length, after all that could make it doubtful is refused (RFC 9112 sections 3.2 and 6.3)."""
    values: dict[str, list[str]] = {"host": [], "content-length": [], "transfer-encoding": []}
    for name, value in headers:
        if name in values:
            values[name].append(value)
    if len(values["host"]) > 1 or (minor == 1 and not values["host"]):
        return BadRequest(400, "host")
    lengths = values["content-length"]
    if values["transfer-encoding"]:
        return BadRequest(400, "transfer-encoding") if lengths or minor == 0 else BadRequest(411, "length-required")
    if not lengths:
        return 0
    if len(lengths) > 1 or not _LENGTH.fullmatch(lengths[0].encode("latin-1")):
        return BadRequest(400, "content-length")
    return int(lengths[0])


def _target(target: bytes, own: frozenset[str]) -> str | None:
    if target.startswith(b"/"):
        return target.decode()
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is None or absolute[1].decode() not in own:
        return None
    return (absolute[2] or b"/").decode()


def _keep_alive(headers: tuple[tuple[str, str], ...], minor: int) -> bool:
    words = {word.strip().lower() for name, value in headers if name == "connection" for word in value.split(",")}
    return "close" not in words and (minor == 1 or "keep-alive" in words)

"""Which bytes of a file answer a request: all, one range, none because nothing changed, or none at all. Pure (RFC 9110 sections 13, 14)."""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from pxeserve.provision.head import Request

_RANGE = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.ASCII | re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_BEYOND = 10**18


class Part(NamedTuple):
    """`status` is 200, 206, 304 or 416; the body is `length` bytes from `start`."""

    status: int
    start: int
    length: int


def select(request: Request, size: int, etag: str, modified: int) -> Part:
    """What of a file of `size` bytes `request` gets; `modified` is its time in whole epoch seconds, `etag` its strong tag, quoted.

    Several ranges at once, and what is no range of bytes, are ignored as section 14.2 allows: the whole file is sent.
    """
    if _unchanged(request, etag, modified):
        return Part(304, 0, 0)
    whole = Part(200, 0, size)
    wanted = request.header("range")
    if wanted is None or request.method != "GET" or not _range_applies(request, etag, modified):
        return whole
    found = _RANGE.fullmatch(wanted)
    if found is None or not (found[1] or found[2]):
        return whole
    none = Part(416, 0, 0)
    if not found[1]:
        length = min(_number(found[2]), size)
        return Part(206, size - length, length) if length else none
    first = _number(found[1])
    last = min(_number(found[2]), size - 1) if found[2] else size - 1
    if found[2] and _number(found[2]) < first:
        return whole
    return Part(206, first, last - first + 1) if first < size else none


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= 18 else _BEYOND


def _unchanged(request: Request, etag: str, modified: int) -> bool:
    tags = request.header("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or etag in _TAG.findall(tags)
    since = _moment(request.header("if-modified-since"))
    return since is not None and modified <= since


def _range_applies(request: Request, etag: str, modified: int) -> bool:
    """RFC 9110 section 13.1.5: a strong tag or the very date that we gave; anything else means the whole file."""
    condition = request.header("if-range")
    if condition is None:
        return True
    return condition == etag if condition.startswith(('"', "W/")) else _moment(condition) == modified


def _moment(text: str | None) -> int | None:
    if not text:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError, OSError):
        return None

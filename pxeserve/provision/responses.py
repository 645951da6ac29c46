"""The two kinds of response that leave by themselves: an open file and a part of it, and a short one that is whole.

Refuses to know how a file was found, and sockets.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pxeserve.domain.medium import Medium
from pxeserve.handout.names import Asked
from pxeserve.provision import reply
from pxeserve.provision.files import Lent
from pxeserve.provision.ranges import Part

COALESCED = 32 * 1024
"""Bodies up to so many bytes leave together with their head, in one send."""


class FileReply(NamedTuple):
    """A response that carries a file's bytes: `head` (with the body already behind it when it is small), then from `lent` the
    bytes from `start` to `end`. `lent` is None when nothing more follows. `length` is the body's whole length.
    `carries` says whether the body is the file's content: not so for HEAD, and for what has not changed. `whole` says that the body is
    all of the file. `asked` is the name of a boot's payload; without one it is a medium's file for an installer."""

    status: int
    head: bytes
    lent: Lent | None
    start: int
    end: int
    length: int
    medium: Medium | None
    path: str
    carries: bool = True
    whole: bool = False
    asked: Asked | None = None


class ShortReply(NamedTuple):
    """A whole response. `medium` is set when a file was asked for that this medium does not have; `changed` says that it has it, and
    that it is not what was imported."""

    status: int
    content: bytes
    medium: Medium | None = None
    path: str = ""
    asked: Asked | None = None
    changed: bool = False


def missing(method: str, at: float, *, keep: bool) -> ShortReply:
    """The 404 at epoch second `at`."""
    return ShortReply(404, reply.short(404, at, keep=keep, body=method == "GET"))


def later(method: str, at: float) -> ShortReply:
    """The 503 of who cannot know now; the connection is closed after it."""
    return ShortReply(503, reply.short(503, at, keep=False, body=method == "GET", fields="Retry-After: 1\r\n"))


def unsatisfied(lent: Lent, at: float, *, keep: bool) -> ShortReply:
    """The 416 of a range that lies behind the file's end. Gives the file back."""
    lent.give_back()
    return ShortReply(416, reply.short(416, at, keep=keep, fields=f"Content-Range: bytes */{lent.file.size}\r\n"))


def without_body(part: Part, medium: Medium | None, path: str, lent: Lent, at: float, asked: Asked | None, *, keep: bool) -> FileReply:
    """The head alone: for HEAD, and for a file that has not changed. Gives the file back."""
    lent.give_back()
    head = reply.head(304, at, keep=keep, fields=lent.fields) if part.status == 304 else _head(*part, lent, int(at), keep)
    return FileReply(part.status, head, None, 0, 0, 0, medium, path, False, False, asked)


def with_part(part: Part, medium: Medium | None, path: str, lent: Lent, at: float, asked: Asked | None, *, keep: bool) -> FileReply:
    """All of the file or one range of it. Gives the file back when the body is in the response already."""
    status, start, length = part
    whole = length == lent.file.size
    head = _head(status, start, length, lent, int(at), keep)
    if length <= COALESCED:
        content = _read(lent, start, length)
        if content is not None:
            lent.give_back()
            return FileReply(status, head + content, None, start, 0, length, medium, path, True, whole, asked)
    return FileReply(status, head, lent, start, start + length, length, medium, path, True, whole, asked)


def _head(status: int, start: int, length: int, lent: Lent, second: int, keep: bool) -> bytes:
    opening = _opening(status, second, keep, lent.fields)
    if status != 206:
        return b"%b%d\r\n\r\n" % (opening, length)
    return b"%b%d\r\nContent-Range: bytes %d-%d/%d\r\n\r\n" % (opening, length, start, start + length - 1, lent.file.size)


@lru_cache(maxsize=256)
def _opening(status: int, second: int, keep: bool, fields: str) -> bytes:
    """A head up to the number of its Content-Length."""
    return reply.head(status, second, keep=keep, fields=f"{fields}Content-Type: application/octet-stream\r\nContent-Length: ")[:-2]


def _read(lent: Lent, start: int, length: int) -> bytes | None:
    """The bytes, or None when the file is no longer what it was: the connection is then cut where that is noticed."""
    try:
        content = lent.file.read(length, start)
    except OSError:
        return None
    return content if len(content) == length and lent.intact() else None

"""What a request for a file as it lies is answered with: an open file and a part of it, or a short refusal. Asks the store what is visible.

That is `/media/...`, and the payload of a network boot: `m/MEDIUM/...` and `f/...`, with or without a boot's session before it.

Refuses to know sockets and loops; whoever sends the answer gives the file back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from pxeserve.domain.medium import Medium
from pxeserve.handout.names import Asked
from pxeserve.paths import PathRefused
from pxeserve.provision import reply
from pxeserve.provision.address import PREFIX, address, payload
from pxeserve.provision.files import Lent, OpenFiles
from pxeserve.provision.head import Request
from pxeserve.provision.ranges import select
from pxeserve.shelf import CHANGED, Shelf

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


@dataclass(frozen=True, slots=True)
class FolderAsked:
    """A folder's page, which is computed: not for the fast way."""


class MediaFiles:
    """Answers requests for media. `current` gives the media by name; when the store fails, those last known go on being served."""

    def __init__(self, current: Callable[[], Mapping[str, Medium]], data: Path, shelf: Shelf) -> None:
        self._current = current
        self._known: Mapping[str, Medium] | None = None
        self._open = OpenFiles(data, shelf)

    def look(self) -> None:
        """See what media there are now. What is answered until the next time rests on it, so it comes after the requests were read."""
        try:
            self._known = self._current()
        except SQLAlchemyError:
            return

    def answer(self, request: Request, at: float, *, keep: bool) -> FileReply | ShortReply | FolderAsked:
        """The answer to a GET or HEAD at epoch second `at`. FolderAsked for what is no file that lies somewhere."""
        asked = None
        if request.path.startswith(PREFIX):
            wanted = address(request.path)
            if wanted is None:
                return _missing(request, at, keep=keep)
            if wanted.folder:
                return FolderAsked()
            name = f"m/{wanted.medium}/{wanted.path}"
        else:
            asked = payload(request.path)
            if asked is None:
                return FolderAsked()
            name = asked.name
        if self._known is None:
            return _later(request, at)
        place = _place(self._known, name)
        if place is None:
            return _missing(request, at, keep=keep)
        medium, path = place
        try:
            lent = self._borrow(medium, path)
        except PathRefused as refused:
            missing = _missing(request, at, keep=keep)
            return missing._replace(medium=medium, path=path, asked=asked, changed=refused.reason == CHANGED)
        except (OSError, SQLAlchemyError):
            return _later(request, at)
        return _with_file(request, medium, path, lent, at, asked, keep=keep)

    def close(self) -> None:
        """Close what is kept open."""
        self._open.close()

    def _borrow(self, medium: Medium | None, path: str) -> Lent:
        try:
            return self._open.borrow(medium, path)
        except OSError:  # out of descriptors: let go of what is only kept, and try once more
            self._open.close()
            return self._open.borrow(medium, path)


def _place(media: Mapping[str, Medium], name: str) -> tuple[Medium | None, str] | None:
    """The medium (None for a plain file) and the path in it, of a name that begins with `m/` or `f/`; None when there is no such medium."""
    kind, _, rest = name.partition("/")
    if kind == "f":
        return None, rest
    medium_name, _, path = rest.partition("/")
    medium = media.get(medium_name)
    return (medium, path) if medium is not None and path else None


def _missing(request: Request, at: float, *, keep: bool) -> ShortReply:
    return ShortReply(404, reply.short(404, at, keep=keep, body=request.method == "GET"))


def _later(request: Request, at: float) -> ShortReply:
    return ShortReply(503, reply.short(503, at, keep=False, body=request.method == "GET", fields="Retry-After: 1\r\n"))


def _with_file(
    request: Request, medium: Medium | None, path: str, lent: Lent, at: float, asked: Asked | None, *, keep: bool
) -> FileReply | ShortReply:
    file = lent.file
    part = select(request, file.size, lent.etag, lent.modified)
    if part.status == 416:
        lent.give_back()
        unsatisfied = f"Content-Range: bytes */{file.size}\r\n"
        return ShortReply(416, reply.short(416, at, keep=keep, fields=unsatisfied))
    fields = lent.fields
    if part.status != 304:
        fields += f"Content-Type: application/octet-stream\r\nContent-Length: {part.length}\r\n"
    if part.status == 206:
        fields += f"Content-Range: bytes {part.start}-{part.start + part.length - 1}/{file.size}\r\n"
    head = reply.head(part.status, at, keep=keep, fields=fields)
    if part.status == 304 or request.method == "HEAD" or not part.length:
        lent.give_back()
        carries = request.method == "GET" and part.status != 304
        return FileReply(part.status, head, None, 0, 0, 0, medium, path, carries, whole=carries and not file.size, asked=asked)
    whole = part.start == 0 and part.length == file.size
    if part.length <= COALESCED:
        content = _read(lent, part.start, part.length)
        if content is not None:
            lent.give_back()
            return FileReply(part.status, head + content, None, part.start, 0, part.length, medium, path, whole=whole, asked=asked)
    end = part.start + part.length
    return FileReply(part.status, head, lent, part.start, end, part.length, medium, path, whole=whole, asked=asked)


def _read(lent: Lent, start: int, length: int) -> bytes | None:
    """The bytes, or None when the file is no longer what it was: the slow way then cuts the connection where it notices."""
    try:
        content = lent.file.read(length, start)
    except OSError:
        return None
    return content if len(content) == length and lent.intact() else None

"""What a request for `/media/...` is answered with: an open file and a part of it, or a short refusal. Asks the store what is visible.

Refuses to know sockets and loops; whoever sends the answer gives the file back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from pxeserve.domain.medium import Medium
from pxeserve.paths import PathRefused
from pxeserve.provision import reply
from pxeserve.provision.address import address
from pxeserve.provision.files import Lent, OpenFiles
from pxeserve.provision.head import Request
from pxeserve.provision.ranges import select
from pxeserve.snapshot import Snapshot

COALESCED = 32 * 1024
"""Bodies up to so many bytes leave together with their head, in one send."""


@dataclass(frozen=True, slots=True)
class FileReply:
    """A response that carries a file's bytes: `head` (with the body already behind it when it is small), then from `lent` the
    bytes from `start` to `end`. `lent` is None when nothing more follows. `length` is the body's whole length.
    `carries` says whether the body is the file's content: not so for HEAD, and for what has not changed."""

    status: int
    head: bytes
    lent: Lent | None
    start: int
    end: int
    length: int
    medium: Medium
    path: str
    carries: bool = True


@dataclass(frozen=True, slots=True)
class ShortReply:
    """A whole response. `medium` is set when a file was asked for that this medium does not have."""

    status: int
    content: bytes
    medium: Medium | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class FolderAsked:
    """A folder's page, which is computed: not for the fast way."""


class MediaFiles:
    """Answers requests for media. `current` gives the inventory; when the store fails, the last known one goes on being served."""

    def __init__(self, current: Callable[[], Snapshot], data: Path) -> None:
        self._current = current
        self._known: Snapshot | None = None
        self._open = OpenFiles(data / "media")

    def answer(self, request: Request, at: float, *, keep: bool) -> FileReply | ShortReply | FolderAsked:
        """The answer to a GET or HEAD of a path beginning with `/media/`, at epoch second `at`."""
        body = request.method == "GET"
        missing = ShortReply(404, reply.short(404, at, keep=keep, body=body))
        wanted = address(request.path)
        if wanted is None:
            return missing
        if wanted.folder:
            return FolderAsked()
        later = ShortReply(503, reply.short(503, at, keep=False, body=body, fields=(("Retry-After", "1"),)))
        media = self._media()
        if media is None:
            return later
        medium = media.get(wanted.medium)
        if medium is None:
            return missing
        try:
            lent = self._borrow(medium.folder, wanted.path)
        except PathRefused:
            return ShortReply(404, missing.content, medium, wanted.path)
        except OSError:
            return later
        return _with_file(request, medium, wanted.path, lent, at, keep=keep)

    def close(self) -> None:
        """Close what is kept open."""
        self._open.close()

    def _borrow(self, folder: str, path: str) -> Lent:
        try:
            return self._open.borrow(folder, path)
        except OSError:  # out of descriptors: let go of what is only kept, and try once more
            self._open.close()
            return self._open.borrow(folder, path)

    def _media(self) -> Mapping[str, Medium] | None:
        """The media there are; None when nothing is known of them yet and the store cannot be asked."""
        with suppress(SQLAlchemyError):
            self._known = self._current()
        return self._known.media if self._known is not None else None


def _with_file(request: Request, medium: Medium, path: str, lent: Lent, at: float, *, keep: bool) -> FileReply | ShortReply:
    file = lent.file
    modified = file.mtime_ns // 1_000_000_000
    etag = f'"{file.inode:x}-{file.mtime_ns:x}-{file.size:x}"'
    part = select(request, file.size, etag, modified)
    if part.status == 416:
        lent.give_back()
        unsatisfied = (("Content-Range", f"bytes */{file.size}"),)
        return ShortReply(416, reply.short(416, at, keep=keep, fields=unsatisfied))
    fields: tuple[tuple[str, str], ...] = (("ETag", etag), ("Last-Modified", formatdate(modified, usegmt=True)), ("Accept-Ranges", "bytes"))
    if part.status != 304:
        fields += (("Content-Type", "application/octet-stream"), ("Content-Length", str(part.length)))
    if part.status == 206:
        fields += (("Content-Range", f"bytes {part.start}-{part.start + part.length - 1}/{file.size}"),)
    head = reply.head(part.status, at, keep=keep, fields=fields)
    if part.status == 304 or request.method == "HEAD" or not part.length:
        lent.give_back()
        carries = request.method == "GET" and part.status != 304
        return FileReply(part.status, head, None, 0, 0, 0, medium, path, carries)
    if part.length <= COALESCED:
        content = _read(lent, part.start, part.length)
        if content is not None:
            lent.give_back()
            return FileReply(part.status, head + content, None, part.start, 0, part.length, medium, path)
    return FileReply(part.status, head, lent, part.start, part.start + part.length, part.length, medium, path)


def _read(lent: Lent, start: int, length: int) -> bytes | None:
    """The bytes, or None when the file is no longer what it was: the slow way then cuts the connection where it notices."""
    try:
        content = os.pread(lent.file.fd, length, start)
    except OSError:
        return None
    return content if len(content) == length and lent.intact() else None

"""What a request for a file as it lies is answered with: an open file and a part of it, or a short refusal. Asks the store what is visible.

That is `/media/...`, and the payload of a network boot: `m/MEDIUM/...` and `f/...`, with or without a boot's session before it.

Refuses to know sockets and loops; whoever sends the answer gives the file back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from pxeserve.domain.medium import Medium
from pxeserve.handout.names import Asked
from pxeserve.paths import PathRefused
from pxeserve.provision.address import PREFIX, address, payload
from pxeserve.provision.before import Before, Known
from pxeserve.provision.files import Lent, OpenFiles
from pxeserve.provision.head import Request
from pxeserve.provision.ranges import Part, select
from pxeserve.provision.responses import FileReply, ShortReply, later, missing, unsatisfied, with_part, without_body
from pxeserve.shelf import CHANGED, Shelf

_CROWD = 8
_CROWDED = 0.05
"""When a turn has so many requests, a file that was looked at within so many seconds is not looked for again: what is sent is what lay
there then, whole and with the head that belongs to it. What is sent from the disk is intact all the same, or the connection is cut."""


@dataclass(frozen=True, slots=True)
class FolderAsked:
    """A folder's page, which is computed: not for the fast way."""


class MediaFiles:
    """Answers requests for media. `current` gives the media by name; when the store fails, those last known go on being served."""

    def __init__(self, current: Callable[[], Mapping[str, Medium]], data: Path, shelf: Shelf) -> None:
        self._current = current
        self._known: Mapping[str, Medium] | None = None
        self._open = OpenFiles(data, shelf)
        self._before = Before()
        self._find = self._before.asked.get
        self._second = 0
        self._looked_at = (0.0, 0.0)

    def look(self, at: float, asked: int = 1) -> None:
        """See what media there are at epoch second `at`. What is answered until the next time rests on it, so it comes after the requests
        were read; there are `asked` of them."""
        self._second = int(at)
        self._looked_at = (at - _CROWDED if asked >= _CROWD else inf, at)
        try:
            known = self._current()
        except SQLAlchemyError:
            return
        if known is not self._known:
            self._known = known
            self._before.clear()

    def answer(self, request: Request, at: float, *, keep: bool) -> FileReply | ShortReply | FolderAsked:
        """The answer to a GET or HEAD at epoch second `at`. FolderAsked for what is no file that lies somewhere."""
        asked = None
        if request.path.startswith(PREFIX):
            wanted = address(request.path)
            if wanted is None:
                return missing(request.method, at, keep=keep)
            if wanted.folder:
                return FolderAsked()
            name = f"m/{wanted.medium}/{wanted.path}"
        else:
            asked = payload(request.path)
            if asked is None:
                return FolderAsked()
            name = asked.name
        if self._known is None:
            return later(request.method, at)
        place = _place(self._known, name)
        if place is None:
            return missing(request.method, at, keep=keep)
        medium, path = place
        try:
            lent = self._borrow(medium, path)
        except PathRefused as refused:
            answer = missing(request.method, at, keep=keep)
            return answer._replace(medium=medium, path=path, asked=asked, changed=refused.reason == CHANGED)
        except (OSError, SQLAlchemyError):
            return later(request.method, at)
        return _with_file(request, medium, path, lent, at, asked, keep=keep)

    def again(self, raw: bytes) -> FileReply | None:
        """The same answer as `answer` would give to `raw`, over a connection that stays, when the very same was asked before, or the same
        but for its range. None: it has to be read."""
        known = self._find(raw)
        if known is None:
            found = self._before.find_range(raw)
            return self._range(*found) if found is not None else None
        if known.second == self._second:
            since, at = self._looked_at
            if since <= known.looked <= at:
                return known.reply
            if known.lent is not None and known.lent.current():
                known.looked = at
                return known.reply
        lent = self._same(known)
        if lent is None:
            return None
        answer = with_part(Part(200, 0, lent.file.size), known.medium, known.path, lent, self._second, None, keep=True)
        if answer.lent is None:
            self._before.hold(known, lent, answer, self._looked_at[1])
        return answer

    def remember(self, raw: bytes, request: Request, answer: FileReply) -> None:
        """`raw` is all of `request`, and `answer` what it got."""
        self._before.remember(raw, request, answer)

    def close(self) -> None:
        """Close what is kept open."""
        self._open.close()

    def _range(self, known: Known, first: int, last: int) -> FileReply | None:
        since, at = self._looked_at
        lent = known.lent
        if lent is not None and lent.users and since <= known.looked <= at:
            lent.users += 1  # whether it is still intact is seen when it is sent
        else:
            lent = self._same(known)
            if lent is None:
                return None
            known.look(lent, at)
        if not first <= last < lent.file.size:
            lent.give_back()
            return None
        return with_part(Part(206, first, last - first + 1), known.medium, known.path, lent, self._second, None, keep=True)

    def _same(self, known: Known) -> Lent | None:
        """The file, looked at again; None when anything is the matter with it."""
        try:
            return self._open.borrow(known.medium, known.path)
        except (PathRefused, OSError, SQLAlchemyError):
            return None

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


def _with_file(
    request: Request, medium: Medium | None, path: str, lent: Lent, at: float, asked: Asked | None, *, keep: bool
) -> FileReply | ShortReply:
    part = select(request, lent.file.size, lent.etag, lent.modified)
    if part.status == 416:
        return unsatisfied(lent, at, keep=keep)
    if part.status == 304 or request.method == "HEAD":
        return without_body(part, medium, path, lent, at, asked, keep=keep)
    return with_part(part, medium, path, lent, at, asked, keep=keep)

"""Requests for media that were asked before, byte for byte, and which file each of them means: the machines of a rack all ask alike,
and most that they ask needs no reading then.

Refuses to know whether the file is still the same; whoever takes a `Known` from here looks at the file itself. Nothing that could
carry a token is remembered. Bounded: when it is full it forgets everything, and the next requests are read again.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.domain.medium import Medium
from pxeserve.provision.files import Lent
from pxeserve.provision.head import MAX_HEADERS, Request
from pxeserve.provision.responses import FileReply

_LONGEST = 1024
"""Longest request that is remembered, in bytes."""

_MOST = 4096
_BYTES = 24 << 20
"""Most bytes of all responses that are held."""

_MEDIA = b"GET /media/"
_RANGE = b"\r\nRange: bytes="
_END = b"\r\n\r\n"
_DIGITS = 18


@dataclass(slots=True)
class Known:
    """A file of `medium`. `reply` is the whole response as it leaves in `second`; only of small files. `lent` is what lay there when it
    was `looked` at last (epoch seconds), open no longer than others need it; `held` counts the bytes of a response."""

    medium: Medium
    path: str
    lent: Lent | None = None
    second: int = -1
    looked: float = 0.0
    reply: FileReply | None = None
    held: int = 0

    def look(self, lent: Lent, at: float) -> None:
        """`lent` is what lay there at `at`; a response that was made of another is forgotten."""
        if lent is not self.lent:
            self.lent, self.second, self.reply = lent, -1, None
        self.looked = at


class Before:
    """What was asked before. `asked` gives the file that a request, all of its bytes and nothing else, asks for whole. For one thread."""

    def __init__(self) -> None:
        self.asked: dict[bytes, Known] = {}
        self._files: dict[tuple[str, str], Known] = {}
        self._held = 0

    def find_range(self, raw: bytes) -> tuple[Known, int, int] | None:
        """The file when `raw` differs from a known request by a line that asks for one range: the file, the first byte and the last as
        they were asked for. None for any other form of a range: that is for who reads the request."""
        at = raw.find(_RANGE)
        if at < 0 or len(raw) > _LONGEST or not raw.endswith(_END):  # a line put behind the end would leave it open
            return None
        end = raw.find(b"\r\n", at + 2)
        known = self.asked.get(raw[:at] + raw[end:])
        first, _, last = raw[at + len(_RANGE) : end].partition(b"-")
        if known is None or not (first.isdigit() and last.isdigit()) or len(first) > _DIGITS or len(last) > _DIGITS:
            return None
        return known, int(first), int(last)

    def remember(self, raw: bytes, request: Request, answer: FileReply) -> None:
        """`raw` is all of `request`, and `answer` is what it gets: remembered, without the line of a range, when the same bytes always ask
        for the same file."""
        medium = answer.medium
        if medium is None or answer.asked is not None or not answer.carries or not request.keep_alive:
            return
        if not raw.startswith(_MEDIA) or len(raw) > _LONGEST or len(raw) != request.size or len(request.headers) >= MAX_HEADERS:
            return
        names = [name for name, _ in request.headers]
        if any(name.startswith("if-") for name in names):
            return
        if "range" in names:
            at = raw.find(_RANGE)
            if at < 0 or names.count("range") > 1:
                return
            raw = raw[:at] + raw[raw.find(b"\r\n", at + 2) :]
        if len(self.asked) >= _MOST:
            self.clear()
        self.asked[raw] = self._files.setdefault((medium.folder, answer.path), Known(medium, answer.path))

    def hold(self, known: Known, lent: Lent, answer: FileReply, at: float) -> None:
        """`answer` is the response to a request for all of `known` made at `at`, as long as `lent` lies there and the second lasts."""
        self._held += len(answer.head) - known.held
        known.held = len(answer.head)
        known.lent, known.second, known.looked, known.reply = lent, int(at), at, answer
        if self._held > _BYTES:
            self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.asked.clear()
        self._files.clear()
        self._held = 0

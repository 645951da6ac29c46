"""What an installer can do with a source, whatever the protocol: see whether a file is there, and read one whole.

Where read bytes go is here too: counted, summed, and kept only as far as somebody will read them. Nothing lands on a disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from pxeserve.repo.replay.generation import Speech

WAIT = 30.0
"""Seconds without a byte after which a replay gives up; the installers themselves wait for ever."""

PIECE = 1 << 18

Read = Callable[[int], None]
"""Told how many bytes came."""


class UnreadableError(Exception):
    """A file could not be opened; the text is what the installer's own log would show."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was read: `content` is what was to be kept of it, `size` in bytes, sums in lower-case hex."""

    content: bytes
    size: int
    md5: str
    sha256: str


class Accessor(Protocol):
    """One source at one address."""

    def start(self) -> None:
        """What comes before the first question: a mount, where there is one. Raises UnreadableError."""
        ...

    def there(self, path: str) -> bool:
        """Whether `path` is there, asked as this generation asks. Whatever goes wrong reads as "not there"."""
        ...

    def fetch(self, path: str, keep: int = 0) -> Taken:
        """Read `path` to its end and keep its first `keep` bytes. Raises UnreadableError. A body that ends early is no error: no
        installer looks."""
        ...


class Sums:
    """Takes a body in."""

    def __init__(self, keep: int, read: Read) -> None:
        self.size = 0
        self._keep = keep
        self._read = read
        self._kept = bytearray()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._sha256 = hashlib.sha256()

    def take(self, piece: bytes) -> None:
        """One piece of the body."""
        self.size += len(piece)
        self._md5.update(piece)
        self._sha256.update(piece)
        if len(self._kept) < self._keep:
            self._kept += piece[: self._keep - len(self._kept)]
        self._read(len(piece))

    def taken(self) -> Taken:
        """The body has ended."""
        return Taken(bytes(self._kept), self.size, self._md5.hexdigest(), self._sha256.hexdigest())


def named(path: str, speech: Speech) -> str:
    """`path` as the generation puts it into an address. Raises UnreadableError for what it cannot, or what would break the protocol.

    Python 2's `urllib.quote` keeps letters, digits, `_.-/` and fails on anything that is not ASCII; Python 3.7's keeps `~` too.
    """
    if any(char < " " or char == "\x7f" for char in path):
        raise UnreadableError(f"{path!r}: a name with control characters, which this replay does not send")
    if not speech.quotes:
        return path
    if speech.python < (3, 0):
        if not path.isascii():
            raise UnreadableError(f"KeyError: {path!r}")
        return quote(path, safe="/").replace("~", "%7E")
    return quote(path, safe="/")

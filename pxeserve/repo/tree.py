"""A source of files as an import sees it: a `Tree`, whose files can be opened in any order, or a `Stream`, whose files come one after
the other. What no medium may hold is refused here, by name.

Refuses to know what kind of source it is: that is `sources`, a module a kind.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pxeserve.errors import PxeserveError
from pxeserve.paths import OpenFile, PathRefused, Root

MAX_FILES = 50_000
MAX_PATH = 512
_MAX_PART = 255
_MAX_INDEX = 64 << 20
"""Most bytes of a file that is read whole, to be understood: indexes of packages have a few hundred kilobytes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a source: its path relative to the root, and its size in bytes. `stamp` is another one when the file has changed;
    `at` is where it lies in its source, in bytes, so that it can be read in that order."""

    path: str
    size: int
    stamp: str = ""
    at: int = 0


class SourceError(PxeserveError):
    """A source that cannot become a medium; the message names the member and what is wrong with it."""


class Tree(Protocol):
    """A source of files that can be opened in any order, open for one import. May be asked from several threads."""

    def entries(self) -> list[Entry]:
        """All its files, by path. Raises SourceError for members that no medium may hold."""
        ...

    def open(self, entry: Entry) -> OpenFile:
        """One of them. Raises SourceError when it cannot be read, or is not what it was."""
        ...


class Stream(Protocol):
    """A source whose files come one after the other, and whose sizes are known only as they come."""

    @property
    def total(self) -> int:
        """Bytes of the source itself."""
        ...

    @property
    def done(self) -> int:
        """How many of them have been read."""
        ...

    def members(self) -> Iterator[tuple[Entry, Iterator[bytes]]]:
        """Each file with its content in pieces, to be taken before the next one is asked for. Raises SourceError for members that no
        medium may hold, and for a source that ends early."""
        ...


def content(tree: Tree, entry: Entry) -> bytes:
    """The whole of an index. Raises SourceError for one that is larger than any index is."""
    if entry.size > _MAX_INDEX:
        raise SourceError(f"{entry.path}: {entry.size} bytes; no index of packages is so large")
    file = tree.open(entry)
    try:
        return file.read(entry.size, 0)
    finally:
        file.close()


def checked_name(path: str) -> str:
    """`path` when it may be a member's name. Raises SourceError: it stays inside, is bounded, and has no control characters."""
    shown = path.encode("unicode_escape", "surrogateescape").decode("ascii", "replace") if not path.isprintable() else path
    if not path.isprintable():
        raise SourceError(f"{shown}: a name with control or unprintable characters")
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or "\\" in path:
        raise SourceError(f"{shown}: a name that leads out of the medium")
    if "" in parts or "." in parts:
        raise SourceError(f"{shown!r}: not the plain name of a file")
    if len(path.encode()) > MAX_PATH or any(len(part.encode()) > _MAX_PART for part in parts):
        raise SourceError(f"{shown[:80]}…: a name of more than {MAX_PATH} bytes, or {_MAX_PART} in one part")
    return path


def too_many(count: int, source: object) -> None:
    """Raises SourceError when no medium has so many files."""
    if count > MAX_FILES:
        raise SourceError(f"{source}: more than {MAX_FILES} files; this is not an installation medium")


def plain_file(path: str, mode: int) -> None:
    """Raises SourceError, in words, when `mode` is not that of a plain file."""
    if not stat.S_ISREG(mode):
        raise SourceError(f"{path}: {_what(mode)}; a medium holds plain files only", fix="replace it by a copy of the file")


def opened(path: Path) -> OpenFile:
    """The image or archive at `path`, which is no link. Raises SourceError when it cannot be read."""
    root = Root(path.parent)
    try:
        return root.open(path.name)
    except PathRefused as refused:
        if refused.reason == "denied":
            raise unreadable(path) from None
        raise SourceError(f"{path}: cannot be read: {refused.reason}") from None
    finally:
        root.close()


def unreadable(path: Path) -> SourceError:
    """What to say when the service's user may not read `path`."""
    return SourceError(
        f"{path}: the service's user (uid {os.geteuid()}) may not read it",
        fix=f"make it readable for that user, for example: chmod o+r {path} (and o+x on the folders above it)",
    )


def _what(mode: int) -> str:
    kinds = ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"), (stat.S_ISBLK, "a block device"))
    return next((word for test, word in kinds if test(mode)), "a device")

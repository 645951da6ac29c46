"""Open files that several responses share: opened by the one safe way, kept open while they stay the same, closed when nobody needs them.

Before each use the name is looked at again: when it leads to another file, or the file has changed, it is opened anew.
Only ever gives the descriptor that `paths.Root` opened, so what lies at a name by now can make it stale, never unsafe.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from email.utils import formatdate
from operator import attrgetter
from pathlib import Path

from pxeserve.domain.medium import Medium
from pxeserve.paths import OpenFile, PathRefused, Root
from pxeserve.shelf import Shelf

_PLAIN = "files"
"""The folder of plain files; no medium's folder is called so, as theirs have a revision in their names."""


_stamp = attrgetter("st_ino", "st_mtime_ns", "st_size", "st_dev")


class Lent:
    """One open file, where it lies, and how many responses are using it. `etag` and `modified` are what HTTP calls it by: a strong tag,
    quoted, and whole epoch seconds; `fields` are the header lines that
    say both, and are always the same for it."""

    __slots__ = ("_stamp", "etag", "fields", "file", "modified", "users", "where")

    def __init__(self, file: OpenFile, where: str) -> None:
        self.file = file
        self.where = where
        self.users = 1
        self._stamp = (file.inode, file.mtime_ns, file.behind, file.device)
        self.modified = file.mtime_ns // 1_000_000_000
        part = f"-{file.base:x}" if file.container is not None else ""
        self.etag = f'"{file.inode:x}-{file.mtime_ns:x}-{file.size:x}{part}"'
        self.fields = f"ETag: {self.etag}\r\nLast-Modified: {formatdate(self.modified, usegmt=True)}\r\nAccept-Ranges: bytes\r\n"

    def intact(self) -> bool:
        """Whether the file is still what it was when it was opened: nothing was written to it, nothing cut off."""
        return self.file.intact()

    def current(self) -> bool:
        """Whether its name still leads to it, as it was when it was opened."""
        try:
            return _stamp(os.lstat(self.where)) == self._stamp  # as cheap as can be: once a request
        except OSError:
            return False

    def give_back(self) -> None:
        """Say that one user is done; the last one closes it."""
        self.users -= 1
        if not self.users:
            self.file.close()


class OpenFiles:
    """The files of media, as `shelf` has them, and those beneath `files` in the data folder. At most `most` are kept open beyond those
    in use."""

    def __init__(self, data: Path, shelf: Shelf, most: int = 256) -> None:
        self._data = data
        self._shelf = shelf
        self._most = most
        self._plain: Root | None = None
        self._files: OrderedDict[tuple[str, str], Lent] = OrderedDict()

    def borrow(self, medium: Medium | None, path: str) -> Lent:
        """The file at `path` of `medium`, or beneath `files` without one; give it back afterwards. Raises PathRefused, SQLAlchemyError when
        the store cannot be asked, and OSError when descriptors run out."""
        key = (medium.folder if medium is not None else _PLAIN, path)
        kept = self._files.get(key)
        if kept is not None:
            if kept.current():
                kept.users += 1
                self._files.move_to_end(key)
                return kept
            del self._files[key]
            kept.give_back()
        lent = self._opened(medium, path)
        self._files[key] = lent
        lent.users += 1
        while len(self._files) > self._most:
            self._files.popitem(last=False)[1].give_back()
        return lent

    def close(self) -> None:
        """Let go of all that is kept; what is in use is closed by its last user."""
        for lent in self._files.values():
            lent.give_back()
        self._files.clear()
        self._shelf.close()
        if self._plain is not None:
            self._plain.close()
            self._plain = None

    def _opened(self, medium: Medium | None, path: str) -> Lent:
        if medium is not None:
            return Lent(self._shelf.open(medium, path), self._shelf.where(medium, path))
        if self._plain is None:
            try:
                self._plain = Root(self._data / _PLAIN)
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                raise PathRefused("not-found") from None
        return Lent(self._plain.open(path), f"{self._data}/{_PLAIN}/{path}")

"""Open files that several responses share: opened by the one safe way, kept open while they stay the same, closed when nobody needs them.

Before each use the name is looked at again: when it leads to another file, or the file has changed, it is opened anew.
Only ever gives the descriptor that `paths.Root` opened, so what lies at a name by now can make it stale, never unsafe.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from email.utils import formatdate
from pathlib import Path

from pxeserve.paths import OpenFile, PathRefused, Root


class Lent:
    """One open file, where it lies, and how many responses are using it. `etag` and `modified` are what HTTP calls it by: a strong tag,
    quoted, and whole epoch seconds; `fields` are the header lines that
    say both, and are always the same for it."""

    __slots__ = ("etag", "fields", "file", "modified", "users", "where")

    def __init__(self, file: OpenFile, where: str) -> None:
        self.file = file
        self.where = where
        self.users = 1
        self.modified = file.mtime_ns // 1_000_000_000
        self.etag = f'"{file.inode:x}-{file.mtime_ns:x}-{file.size:x}"'
        self.fields = f"ETag: {self.etag}\r\nLast-Modified: {formatdate(self.modified, usegmt=True)}\r\nAccept-Ranges: bytes\r\n"

    def intact(self) -> bool:
        """Whether the file is still what it was when it was opened: nothing was written to it, nothing cut off."""
        now = os.fstat(self.file.fd)
        return now.st_size == self.file.size and now.st_mtime_ns == self.file.mtime_ns

    def current(self) -> bool:
        """Whether its name still leads to it, as it was when it was opened."""
        try:
            now = os.stat(self.where, follow_symlinks=False)  # noqa: PTH116 - as cheap as can be: once a request
        except OSError:
            return False
        file = self.file
        return (now.st_ino, now.st_mtime_ns, now.st_size, now.st_dev) == (file.inode, file.mtime_ns, file.size, file.device)

    def give_back(self) -> None:
        """Say that one user is done; the last one closes it."""
        self.users -= 1
        if not self.users:
            self.file.close()


class OpenFiles:
    """The files beneath `data`, by folder (`media/FOLDER`, `files`) and path. At most `most` are kept open beyond those in use."""

    def __init__(self, data: Path, most: int = 256) -> None:
        self._data = data
        self._most = most
        self._roots: OrderedDict[str, Root] = OrderedDict()
        self._files: OrderedDict[tuple[str, str], Lent] = OrderedDict()

    def borrow(self, folder: str, path: str) -> Lent:
        """The file at `path` beneath `folder`; give it back afterwards. Raises PathRefused, and OSError when descriptors run out."""
        key = (folder, path)
        kept = self._files.get(key)
        if kept is not None:
            if kept.current():
                kept.users += 1
                self._files.move_to_end(key)
                return kept
            del self._files[key]
            kept.give_back()
        lent = Lent(self._root(folder).open(path), f"{self._data}/{folder}/{path}")
        self._files[key] = lent
        lent.users += 1
        while len(self._files) > self._most:
            self._files.popitem(last=False)[1].give_back()
        return lent

    def close(self) -> None:
        """Let go of all that is kept; what is in use is closed by its last user."""
        for lent in self._files.values():
            lent.give_back()
        for root in self._roots.values():
            root.close()
        self._files.clear()
        self._roots.clear()

    def _root(self, folder: str) -> Root:
        kept = self._roots.get(folder)
        if kept is not None:
            self._roots.move_to_end(folder)
            return kept
        try:
            root = Root(self._data / folder)
        except OSError as error:
            if isinstance(error, (FileNotFoundError, NotADirectoryError, PermissionError)):
                raise PathRefused("not-found") from None
            raise
        self._roots[folder] = root
        while len(self._roots) > 64:
            self._roots.popitem(last=False)[1].close()
        return root

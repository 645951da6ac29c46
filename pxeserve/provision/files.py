"""Open files that several responses share: opened by the one safe way, kept open while they stay the same, closed when nobody needs them.

Before each use the name is looked at again: when it leads to another file, or the file has changed, it is opened anew.
Only ever gives the descriptor that `paths.Root` opened, so what lies at a name by now can make it stale, never unsafe.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from pathlib import Path

from pxeserve.paths import OpenFile, PathRefused, Root


class Lent:
    """One open file and how many responses are using it."""

    __slots__ = ("file", "users")

    def __init__(self, file: OpenFile) -> None:
        self.file = file
        self.users = 1

    def intact(self) -> bool:
        """Whether the file is still what it was when it was opened: nothing was written to it, nothing cut off."""
        now = os.fstat(self.file.fd)
        return now.st_size == self.file.size and now.st_mtime_ns == self.file.mtime_ns

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
            if self._same(folder, path, kept.file):
                kept.users += 1
                self._files.move_to_end(key)
                return kept
            del self._files[key]
            kept.give_back()
        lent = Lent(self._root(folder).open(path))
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

    def _same(self, folder: str, path: str, file: OpenFile) -> bool:
        try:
            now = os.stat(self._data / folder / path, follow_symlinks=False)  # noqa: PTH116 - as cheap as can be: once a request
        except OSError:
            return False
        return (now.st_dev, now.st_ino, now.st_mtime_ns, now.st_size) == (file.device, file.inode, file.mtime_ns, file.size)

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

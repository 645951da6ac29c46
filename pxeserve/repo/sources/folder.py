"""A folder as a source. Links are refused even when they stay inside: an installer reads over HTTP, which has none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pxeserve.paths import OpenFile, PathRefused, Root
from pxeserve.repo.tree import Entry, SourceError, checked_name, plain_file, too_many, unreadable


class Folder:
    """A Tree of all regular files beneath `root`. Raises SourceError when it cannot be opened."""

    def __init__(self, root: Path) -> None:
        self._path = root
        try:
            self._root = Root(root)
        except PermissionError:
            raise unreadable(root) from None
        except OSError as error:
            raise SourceError(f"{root}: cannot be opened: {error.strerror}") from None

    def entries(self) -> list[Entry]:
        """All regular files below the folder."""
        found: list[Entry] = []
        self._walk(self._path, "", found)
        return sorted(found, key=lambda entry: entry.path)

    def open(self, entry: Entry) -> OpenFile:
        """One file, opened by the one safe way."""
        try:
            file = self._root.open(entry.path)
        except PathRefused as refused:
            if refused.reason == "denied":
                raise unreadable(self._path / entry.path) from None
            raise SourceError(f"{entry.path}: {refused.reason}; it was a plain file a moment ago") from None
        if file.size != entry.size:
            file.close()
            raise SourceError(f"{entry.path}: {file.size} bytes, and {entry.size} a moment ago: it changes while it is imported")
        return file

    def close(self) -> None:
        """Let go of the folder."""
        self._root.close()

    def _walk(self, folder: Path, prefix: str, found: list[Entry]) -> None:
        try:
            members = sorted(os.scandir(folder), key=lambda member: member.name)
        except PermissionError:
            raise unreadable(folder) from None
        for member in members:
            path = checked_name(prefix + member.name)
            info = member.stat(follow_symlinks=False)
            if stat.S_ISDIR(info.st_mode):
                self._walk(Path(member.path), path + "/", found)
                continue
            plain_file(path, info.st_mode)
            found.append(Entry(path, info.st_size, f"{info.st_ino}:{info.st_mtime_ns}"))
            too_many(len(found), self._path)

"""Small files that are asked for again and again, kept as they were read: a rack that powers on asks for the same menu a hundred times.

Each was opened by the one safe way. Before it is given again its name is looked at: when that leads to another file, or to one that was
written to, it is read anew. So what lies at a name by now can make what is kept stale, never unsafe.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import NamedTuple

from pxeserve.paths import OpenFile

LARGEST = 16 * 1024
"""Bytes of a file that is kept."""

_MOST = 256


class Small(NamedTuple):
    """A whole small file; `key` is equal for the same unchanged one."""

    data: bytes
    key: Hashable


class Kept:
    """The most recently asked for. `opened` opens a name beneath a folder. Not for more than one thread at a time."""

    def __init__(self, opened: Callable[[Path, str], OpenFile]) -> None:
        self._opened = opened
        self._files: OrderedDict[tuple[Path, str], tuple[str, Small]] = OrderedDict()

    def get(self, folder: Path, name: str) -> Small | OpenFile:
        """The file at `name`, read when it is small, else open. Raises PathRefused and OSError as opening does."""
        kept = self._files.get((folder, name))
        if kept is not None:
            where, small = kept
            if _key(where) == small.key:
                return small
            del self._files[folder, name]
        file = self._opened(folder, name)
        if file.size > LARGEST:
            return file
        try:
            data = os.pread(file.fd, LARGEST + 1, 0)
        finally:
            file.close()
        small = Small(data, file.key)
        where = f"{folder}/{name}"
        if len(data) == file.size and _key(where) == file.key:
            self._files[folder, name] = (where, small)
            if len(self._files) > _MOST:
                self._files.popitem(last=False)
        return small


def _key(where: str) -> Hashable:
    """What `OpenFile.key` is for the file that lies there now."""
    try:
        now = os.stat(where, follow_symlinks=False)  # noqa: PTH116 - as cheap as can be: once a request
    except OSError:
        return None
    return (now.st_dev, now.st_ino, now.st_mtime_ns, now.st_size)

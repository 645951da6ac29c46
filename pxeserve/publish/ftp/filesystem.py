"""The media in the words of pyftpdlib: its file system class, whose every way to a disk is closed and replaced.

That library asks to be inherited from; nothing of what is inherited here opens, lists or follows anything by itself.
"""

from __future__ import annotations

import os
import stat
import zlib
from typing import Any

from pyftpdlib.exceptions import FilesystemError
from pyftpdlib.filesystems import AbstractedFS
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.paths import OpenFile, PathRefused
from pxeserve.publish.ftp.tree import Entry, Tree
from pxeserve.shelf import CHANGED

_MISSING = "No such file or folder"
NOT_IMPORTED = "The file is not what was imported"


class Lent:
    """An open file as pyftpdlib handles one. A read that would come short raises OSError, so that it never looks like the end."""

    def __init__(self, file: OpenFile, path: str) -> None:
        self.file = file
        self.name = path
        self.closed = False
        self._at = 0

    def fileno(self) -> int:
        """Its descriptor."""
        return self.file.fd

    def tell(self) -> int:
        """Where the next read begins, in bytes."""
        return self._at

    def seek(self, offset: int) -> None:
        """Begin the next read at `offset`."""
        self._at = offset

    def read(self, length: int) -> bytes:
        """Up to `length` bytes, none at the end. Raises OSError when there are fewer than there should be."""
        if self._at >= self.file.size:
            return b""
        data = self.file.read(length, self._at)
        if not data or not self.file.intact():
            raise OSError(NOT_IMPORTED)
        self._at += len(data)
        return data

    def close(self) -> None:
        """Close the descriptor, once."""
        if not self.closed:
            self.closed = True
            self.file.close()


class MediaFS(AbstractedFS):  # type: ignore[misc]
    """One session's view of the media. Paths are FTP's own all the way: absolute, normalised by the library, never a disk's."""

    def __init__(self, root: str, cmd_channel: Any) -> None:
        super().__init__(root, cmd_channel)
        self._tree: Tree = cmd_channel.server.house.tree
        """Kept here, as the library takes the channel away before it has done with the file system."""

    def ftp2fs(self, ftppath: str) -> str:
        """The same path, absolute and without dots."""
        return str(self.ftpnorm(ftppath))

    def fs2ftp(self, fspath: str) -> str:
        """The same path."""
        return fspath

    def validpath(self, path: str) -> bool:
        """All paths are; what is not there is told by whoever looks for it."""
        return True

    def realpath(self, path: str) -> str:
        """The same path: there are no links."""
        return path

    def open(self, filename: str, mode: str) -> Lent:
        """A file for reading. Raises FilesystemError."""
        if mode != "rb":
            raise FilesystemError("This server only gives files")
        try:
            return Lent(self._tree.open(filename), filename)
        except PathRefused as refused:
            raise FilesystemError(NOT_IMPORTED if refused.reason == CHANGED else _MISSING) from None
        except SQLAlchemyError:
            raise FilesystemError("Not now: the service cannot read what the medium holds") from None

    def chdir(self, path: str) -> None:
        """Go to a folder. Raises FilesystemError for what is none, to which the answer is 550."""
        if not self._entry(path).folder:
            raise FilesystemError("Not a folder")
        self.cwd = path

    def listdir(self, path: str) -> list[str]:
        """The names in a folder."""
        self._entry(path)
        return self._tree.names(path)

    def listdirinfo(self, path: str) -> list[str]:
        """The same."""
        return self.listdir(path)

    def isfile(self, path: str) -> bool:
        """Whether a file lies there."""
        entry = self._tree.entry(path)
        return entry is not None and not entry.folder

    def isdir(self, path: str) -> bool:
        """Whether a folder lies there."""
        entry = self._tree.entry(path)
        return entry is not None and entry.folder

    def islink(self, path: str) -> bool:
        """Never."""
        return False

    def lexists(self, path: str) -> bool:
        """Whether anything lies there."""
        return self._tree.entry(path) is not None

    def getsize(self, path: str) -> int:
        """Bytes of the file as it lies there now. Raises FilesystemError."""
        lent = self.open(path, "rb")
        try:
            return lent.file.size
        finally:
            lent.close()

    def getmtime(self, path: str) -> int:
        """When it was imported, epoch seconds."""
        return self._entry(path).mtime

    def stat(self, path: str) -> os.stat_result:
        """As a listing shows it: everybody may read, nobody may write."""
        entry = self._entry(path)
        mode = stat.S_IFDIR | 0o555 if entry.folder else stat.S_IFREG | 0o444
        return os.stat_result((mode, zlib.crc32(path.encode(errors="replace")), 0, 1, 0, 0, entry.size, *(3 * (entry.mtime,))))

    def lstat(self, path: str) -> os.stat_result:
        """The same."""
        return self.stat(path)

    def readlink(self, path: str) -> str:
        """Never asked, as there are no links."""
        raise FilesystemError(_MISSING)

    def get_user_by_uid(self, uid: int) -> str:
        """Nobody in particular."""
        return "ftp"

    def get_group_by_gid(self, gid: int) -> str:
        """Nobody in particular."""
        return "ftp"

    def _entry(self, path: str) -> Entry:
        entry = self._tree.entry(path)
        if entry is None:
            raise FilesystemError(_MISSING)
        return entry


def _refused(*_: Any, **__: Any) -> Any:
    raise FilesystemError("This server only gives files")


for _name in ("mkstemp", "mkdir", "rmdir", "remove", "rename", "chmod", "utime"):
    setattr(MediaFS, _name, _refused)

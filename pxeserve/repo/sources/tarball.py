"""A tar archive as a source, plain or packed: read once from its beginning, never unpacked by anybody else's idea of where files go.

Links, devices, holes and names that lead out are refused with the member's name. A folder that all members lie in is left out, as
archives of a medium are often made of the folder around it.
"""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from pxeserve.paths import OpenFile
from pxeserve.repo.sources.unpacking import ZSTD, Unpacked, packed_with
from pxeserve.repo.tree import Entry, SourceError, checked_name, opened, plain_file, too_many

_PIECE = 1 << 18
_MOST_BETWEEN = 1 << 20
"""Most bytes of headers between two members; long names have a few hundred."""

_BLOCK = 512
_MODES = {tarfile.SYMTYPE: 0o120777, tarfile.FIFOTYPE: 0o010666, tarfile.CHRTYPE: 0o020666, tarfile.BLKTYPE: 0o060666}


def is_tarball(file: OpenFile) -> bool:
    """Whether it begins as a tar archive does, or as something packed, which can only be one here."""
    return file.read(5, 257) == b"ustar" or packed_with(file) != "" or file.read(4, 0) == ZSTD


@contextmanager
def open_tarball(path: Path) -> Iterator[Tarball]:
    """The archive at `path`. Raises SourceError when it cannot be read."""
    file = opened(path)
    try:
        if file.read(4, 0) == ZSTD:
            raise SourceError(f"{path}: packed with zstd, which is not read here", fix=f"unpack it first: zstd -d {path}")
        yield Tarball(path, file)
    finally:
        file.close()


class Tarball:
    """A Stream of the files in an archive."""

    def __init__(self, path: Path, file: OpenFile) -> None:
        self._path = path
        self._file = file
        self._reader = _Bounded(str(path), Unpacked(str(path), file) if packed_with(file) else _Plain(file))

    @property
    def total(self) -> int:
        """Bytes of the archive."""
        return self._file.size

    @property
    def done(self) -> int:
        """How many of them have been read."""
        return self._reader.taken

    def members(self) -> Iterator[tuple[Entry, Iterator[bytes]]]:
        """Each file with its content."""
        seen: set[str] = set()
        stamp = f"{self._file.inode}:{self._file.mtime_ns}:{self._file.size}"
        try:
            with tarfile.open(fileobj=cast("IO[bytes]", self._reader), mode="r|", bufsize=_PIECE, errors="surrogateescape") as archive:
                for member in archive:
                    path = _path(member)
                    if path is None:
                        continue
                    if path in seen:
                        raise SourceError(f"{path}: twice in {self._path}")
                    seen.add(path)
                    too_many(len(seen), self._path)
                    yield Entry(path, member.size, stamp), self._content(archive, member)
                    self._reader.between()
        except (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError) as error:
            raise SourceError(f"{self._path}: damaged or cut short: {error}", fix="get it again") from None
        self._reader.finish()

    def _content(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
        inner = archive.extractfile(member)
        assert inner is not None
        self._reader.inside()
        left = member.size
        while left:
            try:
                piece = inner.read(min(_PIECE, left))
            except tarfile.TarError:
                piece = b""
            if not piece:
                raise SourceError(f"{self._path}: cut short in {member.name}", fix="get it again")
            left -= len(piece)
            yield piece


def _path(member: tarfile.TarInfo) -> str | None:
    """The member's path; None for a folder. Raises SourceError for what no medium may hold."""
    name = member.name.removeprefix("./")
    if name in ("", "."):
        return None
    path = checked_name(name)
    if member.islnk():
        raise SourceError(f"{path}: a hard link; a medium holds plain files only", fix="make the archive with: tar --hard-dereference")
    if member.isdir():
        return None
    if member.issparse():
        raise SourceError(f"{path}: a file with holes", fix="make the archive without: tar --sparse")
    plain_file(path, 0o100644 if member.isreg() else _MODES.get(member.type, 0o020666))
    return path


class _Plain(io.RawIOBase):
    """A file that is not packed."""

    def __init__(self, file: OpenFile) -> None:
        super().__init__()
        self._file = file
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = os.preadv(self._file.fd, [buffer], self.taken)
        self.taken += count
        return count


class _Bounded:
    """What tarfile reads from. Bounds what it may read for a header, and knows how the archive ends: a whole one ends with a block of
    zeros (POSIX pax, "End-of-Archive Marker"), and tarfile takes the end of a cut one for the same."""

    def __init__(self, name: str, inner: _Plain | Unpacked) -> None:
        self._name = name
        self._inner = inner
        self._left: int | None = _MOST_BETWEEN
        self._last = b""

    @property
    def taken(self) -> int:
        return self._inner.taken

    def read(self, size: int) -> bytes:
        piece = self._inner.read(min(size, _PIECE)) or b""
        if self._left is not None:
            self._left -= len(piece)
            if self._left < 0:
                raise SourceError(f"{self._name}: a header of more than {_MOST_BETWEEN} bytes; this is no archive of a medium")
        self._last = (self._last + piece)[-_BLOCK:]
        return piece

    def between(self) -> None:
        self._left = _MOST_BETWEEN + _PIECE

    def inside(self) -> None:
        self._left = None

    def finish(self) -> None:
        """Read to the very end, where a packed archive has its check sum. Raises SourceError when the archive has no end."""
        self._left = _MOST_BETWEEN
        while self.read(_PIECE):
            pass
        if self._last != bytes(_BLOCK):
            raise SourceError(f"{self._name}: cut short: the archive has no end", fix="get it again")

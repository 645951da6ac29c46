"""An ISO 9660 image as a source: each file is one run of bytes in it, which is read straight from there, and can be served from there.

Names are taken from Rock Ridge, else from Joliet, else as ISO 9660 has them. Where an image has only the last and they have become
others (`XS-PACKAGES` as `XS_PACKA.;1`), no installer would find anything, and that is said before anything is copied.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pycdlib
from pycdlib.pycdlibexception import PyCdlibException

from pxeserve.paths import OpenFile
from pxeserve.repo.tree import Entry, SourceError, checked_name, opened, plain_file, too_many

SECTOR = 2048
_FIRST = 16 * SECTOR
"""Where the first volume descriptor lies (ECMA-119 section 6.2.1)."""

_BEYOND = 1 << 44
"""More bytes than the sectors of an image can be numbered for."""

_LARGEST_FOLDER = 64 << 20
_MARKERS = ("XS-REPOSITORY", "XS-PACKAGES", ".treeinfo", "repomd.xml", "update.xml")
_DAMAGED = (
    PyCdlibException, OSError, ValueError, IndexError, KeyError, AttributeError, TypeError, RecursionError, OverflowError, struct.error,
)  # fmt: skip


def is_iso(file: OpenFile) -> bool:
    """Whether it begins as an ISO 9660 image does."""
    return file.read(5, _FIRST + 1) == b"CD001"


@contextmanager
def open_iso(path: Path) -> Iterator[Iso]:
    """The image at `path`. Raises SourceError when it is none that can be read, or was cut short."""
    image = opened(path)
    try:
        parsed = pycdlib.PyCdlib()
        try:
            parsed.open_fp(_Endless(image))
        except _DAMAGED as error:
            raise SourceError(f"{path}: not an ISO image that can be read: {error}") from None
        try:
            yield Iso(path, image, parsed)
        finally:
            parsed.close()
    finally:
        image.close()


class _Endless(io.RawIOBase):
    """The image as pycdlib reads it, without an end in sight: it would cut a file that reaches beyond the end of the image without a word,
    and such a file is to be refused."""

    mode = "rb"

    def __init__(self, image: OpenFile) -> None:
        super().__init__()
        self._image = image
        self._at = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._image.size + _BEYOND}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LARGEST_FOLDER:
            raise OSError(f"a folder of {size} bytes")
        piece = self._image.read(size, self._at)
        self._at += len(piece)
        return piece


class Iso:
    """A Tree of the files in an image."""

    def __init__(self, path: Path, image: OpenFile, parsed: Any) -> None:
        self._path = path
        self._image = image
        self._parsed = parsed
        self._extents: dict[str, tuple[int, int]] = {}
        says = parsed.pvd.space_size * SECTOR
        if says > image.size:
            raise SourceError(f"{path}: cut short: the image says {says} bytes and has {image.size}", fix="download it again")
        if parsed.has_rock_ridge():
            self._view = "rr_path"
        elif parsed.has_joliet():
            self._view = "joliet_path"
        else:
            self._view = "iso_path"

    def entries(self) -> list[Entry]:
        """All files of the image. What lies outside of the image is refused here, before anything is copied."""
        stamp = f"{self._image.inode}:{self._image.mtime_ns}:{self._image.size}"
        try:
            self._extents = dict(self._walk())
        except _DAMAGED as error:
            raise SourceError(f"{self._path}: its folders cannot be read: {error}", fix="download it again") from None
        if self._view == "iso_path" and not any(path.rpartition("/")[2] in _MARKERS for path in self._extents):
            raise SourceError(
                f"{self._path}: the image has neither Rock Ridge nor Joliet names, so XS-PACKAGES and its like are cut short in it",
                fix="mount it and import the folder with the names restored, or make it with: xorriso -as mkisofs -R -J",
            )
        return [Entry(path, size, stamp, offset) for path, (offset, size) in sorted(self._extents.items())]

    def open(self, entry: Entry) -> OpenFile:
        """One file: a run of bytes of the image."""
        if not self._image.intact():
            raise SourceError(f"{self._path}: changes while it is imported")
        offset, size = self._extents[entry.path]
        return self._image._replace(fd=os.dup(self._image.fd)).part(offset, size)

    @property
    def image(self) -> OpenFile:
        """The image itself; it stays open for as long as this Tree is."""
        return self._image

    def _walk(self) -> Iterator[tuple[str, tuple[int, int]]]:
        seen: set[str] = set()
        for folder, _folders, files in self._parsed.walk(**{self._view: "/"}):
            first: dict[bytes, Any] = {}
            for name in files:
                there = f"{folder.rstrip('/')}/{name}"
                path = checked_name(self._named(there.lstrip("/")))
                if path in seen:
                    raise SourceError(f"{path}: twice in {self._path}")
                seen.add(path)
                too_many(len(seen), self._path)
                record = self._parsed.get_record(**{self._view: there})
                if record.rock_ridge is not None:
                    plain_file(path, _mode(record))
                if not first:  # of a file's several extents pycdlib 1.22 gives the last when it is looked up by its long name
                    first = {one.file_ident: one for one in reversed(record.parent.children)}
                yield path, self._extent(path, first[record.file_ident])

    def _named(self, path: str) -> str:
        """Plain ISO names end with a version, and with a dot when they have no extension (ECMA-119 section 7.5)."""
        return path.partition(";")[0].removesuffix(".") if self._view == "iso_path" else path

    def _extent(self, path: str, record: Any) -> tuple[int, int]:
        """Where a file begins, and its bytes. One of over 4 GiB is several extents; they must follow each other without a gap."""
        begin = end = record.extent_location() * SECTOR
        length = 0
        while record is not None:
            start, size = record.extent_location() * SECTOR, int(record.data_length)
            if start != end or size < 0:
                raise SourceError(f"{path}: lies in pieces in the image", fix="make the image with: xorriso -as mkisofs -R -J")
            length += size
            end = start + size
            record = record.data_continuation
        if begin + length > self._image.size:
            raise SourceError(f"{self._path}: {path} lies outside of the image", fix="download it again")
        return (begin, length) if length else (0, 0)


def _mode(record: Any) -> int:
    if record.rock_ridge.is_symlink():
        return 0o120777
    return int(record.rock_ridge.get_file_mode())

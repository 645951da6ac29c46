"""Where a medium comes from: a folder or an ISO image, both as a list of plain files. Refuses what no medium may hold, by name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import pycdlib
from pycdlib.pycdlibexception import PyCdlibException

from pxeserve.errors import PxeserveError

_MAX_FILES = 50_000
_MAX_PATH = 512
_CHUNK = 1 << 18
_SECTOR = 2048


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a source: its path relative to the root, and its size in bytes."""

    path: str
    size: int


class SourceError(PxeserveError):
    """A source that cannot become a medium; the message names the member and what is wrong with it."""


class Tree(Protocol):
    """A source of files, open for one import."""

    def entries(self) -> list[Entry]:
        """All its files, by path. Raises SourceError for members that no medium may hold."""
        ...

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """The content of one file, in pieces. Raises SourceError when it ends early."""
        ...


@contextmanager
def open_tree(source: Path) -> Iterator[Tree]:
    """`source` as a Tree: a folder or an ISO image. Raises SourceError naming the path and the fix."""
    try:
        found = source.stat()
    except FileNotFoundError:
        raise SourceError(f"{source}: there is no such file or folder") from None
    except PermissionError:
        raise _unreadable(source) from None
    if stat.S_ISDIR(found.st_mode):
        yield Folder(source)
    elif stat.S_ISREG(found.st_mode):
        with _open_iso(source) as tree:
            yield tree
    else:
        raise SourceError(f"{source}: neither a folder nor an ISO image")


def _unreadable(path: Path) -> SourceError:
    return SourceError(
        f"{path}: the service's user (uid {os.geteuid()}) may not read it",
        fix=f"make it readable for that user, for example: chmod o+r {path} (and o+x on the folders above it)",
    )


class Folder:
    """A folder. Links are refused even when they stay inside: an installer reads over HTTP, which has none."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def entries(self) -> list[Entry]:
        """All regular files below the folder."""
        found: list[Entry] = []
        self._walk(self._root, "", found)
        return sorted(found, key=lambda entry: entry.path)

    def _walk(self, folder: Path, prefix: str, found: list[Entry]) -> None:
        try:
            members = sorted(os.scandir(folder), key=lambda member: member.name)
        except PermissionError:
            raise _unreadable(folder) from None
        for member in members:
            path = checked_name(prefix + member.name)
            info = member.stat(follow_symlinks=False)
            if stat.S_ISDIR(info.st_mode):
                self._walk(Path(member.path), path + "/", found)
            elif stat.S_ISREG(info.st_mode):
                found.append(Entry(path, info.st_size))
                if len(found) > _MAX_FILES:
                    raise SourceError(f"{self._root}: more than {_MAX_FILES} files; this is not an installation medium")
            else:
                raise SourceError(f"{path}: {_what(info.st_mode)}; a medium holds plain files only", fix="replace it by a copy of the file")

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """One file, in pieces."""
        try:
            descriptor = os.open(self._root / entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except PermissionError:
            raise _unreadable(self._root / entry.path) from None
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            while piece := file.read(_CHUNK):
                yield piece


@contextmanager
def _open_iso(path: Path) -> Iterator[Iso]:
    image = pycdlib.PyCdlib()
    try:
        file = path.open("rb")
    except PermissionError:
        raise _unreadable(path) from None
    with file:
        try:
            image.open_fp(file)
        except (PyCdlibException, OSError, ValueError, IndexError) as error:
            raise SourceError(f"{path}: not an ISO image that can be read: {error}") from None
        try:
            yield Iso(path, file, image)
        finally:
            image.close()


class Iso:
    """An ISO 9660 image with Rock Ridge or Joliet names; each file is one run of bytes in it."""

    def __init__(self, path: Path, file: IO[bytes], image: Any) -> None:
        self._path = path
        self._file = file
        self._size = path.stat().st_size
        self._extents: dict[str, tuple[int, int]] = {}
        says = image.pvd.space_size * _SECTOR
        if says > self._size:
            raise SourceError(f"{path}: cut short: the image says {says} bytes and has {self._size}", fix="download it again")
        if image.has_rock_ridge():
            self._view = {"rr_path": "/"}
        elif image.has_joliet():
            self._view = {"joliet_path": "/"}
        else:
            raise SourceError(
                f"{path}: the image has neither Rock Ridge nor Joliet names, so XS-PACKAGES and its like are cut short in it",
                fix="mount it and import the folder with the names restored, or make it with: xorriso -as mkisofs -R -J",
            )
        self._image = image

    def entries(self) -> list[Entry]:
        """All files of the image. What lies outside of the image is refused here, before anything is copied."""
        key = next(iter(self._view))
        found: list[Entry] = []
        for folder, folders, files in self._image.walk(**self._view):
            del folders
            for name in files:
                path = checked_name(f"{folder.strip('/')}/{name}".lstrip("/"))
                record = self._image.get_record(**{key: f"/{path}"})
                if record.rock_ridge is not None and record.rock_ridge.is_symlink():
                    raise SourceError(f"{path}: a symbolic link; a medium holds plain files only")
                offset, size = record.extent_location() * _SECTOR, record.get_data_length()
                if size < 0 or offset + size > self._size:
                    raise SourceError(f"{self._path}: {path} lies outside of the image", fix="download it again")
                self._extents[path] = (offset, size)
                found.append(Entry(path, size))
        return sorted(found, key=lambda entry: entry.path)

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """One file, in pieces, read straight from its run of bytes."""
        offset, left = self._extents[entry.path]
        while left:
            piece = os.pread(self._file.fileno(), min(left, _CHUNK), offset)
            if not piece:
                raise SourceError(f"{self._path}: cut short while reading {entry.path}")
            yield piece
            offset, left = offset + len(piece), left - len(piece)


def checked_name(path: str) -> str:
    """`path` when it may be a member's name. Raises SourceError: it stays inside, is bounded, and has no control characters."""
    shown = path.encode("unicode_escape", "surrogateescape").decode("ascii", "replace") if not path.isprintable() else path
    if not path.isprintable():
        raise SourceError(f"{shown}: a name with control or unprintable characters")
    if path.startswith("/") or ".." in path.split("/") or "\\" in path:
        raise SourceError(f"{shown}: a name that leads out of the medium")
    if len(path.encode()) > _MAX_PATH:
        raise SourceError(f"{shown[:80]}…: a name of more than {_MAX_PATH} bytes")
    return path


def _what(mode: int) -> str:
    kinds = ((stat.S_ISLNK, "a symbolic link"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"), (stat.S_ISBLK, "a block device"))
    return next((word for test, word in kinds if test(mode)), "a device")

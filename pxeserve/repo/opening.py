"""The one place where the files of a medium are opened to be checked, wherever it lies: copied, in place, or inside an image.

Refuses to know what is in them. A FIFO, a device or a link that took a file's place is refused and never waited for.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from pxeserve.domain.medium import Lies, Medium
from pxeserve.paths import PathRefused, Root
from pxeserve.store.media import FileRow

_SAID = {
    "not-found": "missing; it was there when the medium was imported",
    "symlink": "a symbolic link has taken its place, or that of a folder on the way to it",
    "outside": "its path leads out of the medium",
    "not-regular": "no plain file any more: a folder, a FIFO or a device has taken its place",
    "denied": "the service's user may not read it",
    "bad-name": "its name is not one that can be opened",
}


class Unlike(Exception):
    """A file that is not there as it was, told without reading it. `sentence` says what is there instead; `size` is in bytes, or None
    when there is no plain file."""

    def __init__(self, sentence: str, size: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.size = size


class Unreachable(Exception):
    """The folder or the image of a medium cannot be opened at all; says which and why."""


class Opened(NamedTuple):
    """A file, open for reading: its bytes are `size` from `start` on in `fd`. `found` is what the file system says of what holds them."""

    fd: int
    start: int
    size: int
    found: os.stat_result

    def from_disk(self) -> None:
        """Let reads go past the memory that the kernel keeps of files, down to the disk. Where a file system cannot (one in memory,
        some networks), they stay as they are."""
        with suppress(OSError):
            fcntl.fcntl(self.fd, fcntl.F_SETFL, fcntl.fcntl(self.fd, fcntl.F_GETFL) | os.O_DIRECT)

    def close(self) -> None:
        """Close it."""
        os.close(self.fd)


def home(data: Path, medium: Medium) -> Path:
    """Where a medium lies: its folder, or its image."""
    return data / "media" / medium.folder if medium.lies is Lies.COPIED else Path(medium.place)


class Opening:
    """The files of one medium. Raises Unreachable when its folder or image is not there."""

    def __init__(self, data: Path, medium: Medium) -> None:
        place = home(data, medium)
        self._image = place.name if medium.lies is Lies.IMAGE else None
        self.folder = None if self._image else place
        try:
            copied = medium.lies is Lies.COPIED
            self._root = Root(place) if copied else Root.without_links(place.parent if self._image else place)
        except OSError as error:
            raise Unreachable(f"{place}: the medium's {'image' if self._image else 'folder'} cannot be opened: {error.strerror}") from None
        if self._image:
            try:
                self._root.open(self._image).close()
            except PathRefused as refused:
                self._root.close()
                raise Unreachable(f"{place}: the medium's image: {_SAID.get(refused.reason, refused.reason)}") from None

    def open(self, file: FileRow) -> Opened:
        """One file of it. Raises Unlike when it is not there with its size, OSError when the system itself is out of something."""
        try:
            opened = self._root.open(self._image or file.path)
        except PathRefused as refused:
            raise Unlike(_SAID.get(refused.reason, refused.reason)) from None
        found = os.fstat(opened.fd)
        if self._image:
            if file.offset + file.size > found.st_size:
                os.close(opened.fd)
                raise Unlike(f"the image {self._image} ends before it: it has {found.st_size} bytes")
            return Opened(opened.fd, file.offset, file.size, found)
        if found.st_size != file.size:
            os.close(opened.fd)
            raise Unlike(f"{found.st_size} bytes, and it had {file.size} when it was imported", found.st_size)
        return Opened(opened.fd, 0, file.size, found)

    def has(self, path: str) -> bool:
        """Whether there is a plain file of this name now; never, in an image."""
        if self._image:
            return False
        try:
            self._root.open(path).close()
        except PathRefused:
            return False
        return True

    def members(self, folder: str) -> Iterator[str]:
        """The names of what lies in a folder of it and is no folder itself; nothing for an image, and where there is no such folder."""
        if self.folder is None:
            return
        try:
            descriptor = os.open(self.folder / folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    if not stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode):
                        yield entry.name
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Close it."""
        self._root.close()


@contextmanager
def opening(data: Path, medium: Medium) -> Iterator[Opening]:
    """The files of `medium` for as long as the block lasts. Raises Unreachable."""
    opened = Opening(data, medium)
    try:
        yield opened
    finally:
        opened.close()

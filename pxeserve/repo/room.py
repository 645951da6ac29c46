"""Room on a disk: what there must be before anything large is laid there, as leases and logs are to keep theirs; and an import's room,
taken before its first byte.

It is held in one file without a name, which the kernel removes whenever and however the import ends, and each file of the medium takes
its own while that is held (`Room`). Refuses to know what is copied, and from where.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from pxeserve.errors import PxeserveError

_KEEP_FREE = 1 << 30
_KEEP_PART = 20

_STEP = 16 << 20
"""Most bytes that are let go for a file at once, so that others find no more than that."""

_STEPS_KEPT = 16
"""A step is no more than this part of what stays free, so that the spare, and as much that is held a while longer, are half of that."""

_SPARE = 4
"""Steps that are held besides, for what others take and for folders."""

_KEEP_SIZE = 1
"""FALLOC_FL_KEEP_SIZE (fallocate(2)): the file is as long as before."""

_CANNOT = frozenset({errno.EOPNOTSUPP, errno.ENOSYS, errno.EFBIG})
"""What a file system says that cannot set room aside, or no file so large as all of it is."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_libc = ctypes.CDLL(None, use_errno=True)

Made = TypeVar("Made")


@contextmanager
def room_in(folder: Path) -> Iterator[Room]:
    """Room in a folder of an import's own, in a file that has no name there. Raises PxeserveError."""
    with ExitStack() as keeping:
        try:
            file = keeping.enter_context(tempfile.TemporaryFile(dir=folder, buffering=0))
        except OSError as error:
            raise _no_room(f"{folder}: no file can be made there: {error.strerror}") from None
        yield Room(folder, file.fileno())


class Room:
    """The room of one import in `folder`, held in `file`: nothing until `hold`, and nothing after `let_go`. For one thread.

    What is held and what the files have is never less than what all of them need. A file takes what is free, and what is held is made
    smaller afterwards. Only where others have filled the disk meanwhile, something is let go first, a step at a time; what they take of it
    before the file does is made up for by the spare that is held besides.
    """

    def __init__(self, folder: Path, file: int) -> None:
        self._folder = folder
        self._file = file
        self._held = self._due = self._spare = self._step = 0
        self._block = os.statvfs(folder).f_frsize

    def hold(self, sizes: Iterable[int]) -> None:
        """Take the room of files of so many bytes each, or refuse what would fill the disk (`reserve`). On a file system that cannot
        set room aside, it is only looked at. Raises PxeserveError."""
        self._due = sum(self._taken_by(one) for one in sizes)
        reserve(self._folder.parent, self._due)
        keep = kept_free(shutil.disk_usage(self._folder).total)
        self._step = max(min(_STEP, keep // _STEPS_KEPT) // self._block, 1) * self._block
        self._spare = _SPARE * self._step
        try:
            if take(self._file, 0, self._due + self._spare):
                self._held = self._due + self._spare
        except OSError as error:
            self._shrink(0)
            said = f"{self._folder.parent}: the medium needs {size(self._due)}, which could not be set aside: {error.strerror}"
            raise _no_room(said) from None

    def give(self, descriptor: int, length: int) -> None:
        """Have an empty file take its `length` bytes. Raises OSError."""
        step = self._step or max(length, 1)
        for at in range(0, length, step):
            part = min(step, length - at)
            self.afford(partial(take, descriptor, at, part), part)

    def afford(self, act: Callable[[], Made], length: int = 0) -> Made:
        """Do `act`, which takes `length` bytes of what the files need, or a little that is none of theirs, as a folder does. Raises what it
        raises, for a full disk only when nothing more can be let go for it."""
        taken = self._taken_by(length)
        asked = max(taken, self._block)
        while True:
            try:
                made = act()
                break
            except OSError as error:
                left = self._held - (self._due - taken)
                if error.errno not in _FULL or not self._held or left <= 0:
                    raise
                self._shrink(self._held - min(asked, left))
                asked *= 2
        self._due -= taken
        if self._held and self._held > self._due + 2 * self._spare:
            self._shrink(self._due + self._spare)
        return made

    def let_go(self) -> None:
        """Hold nothing any more."""
        self._shrink(0)

    def _shrink(self, held: int) -> None:
        os.ftruncate(self._file, held)
        self._held = held

    def _taken_by(self, length: int) -> int:
        """Bytes of the disk that so many bytes of a file take: whole blocks."""
        return -(-length // self._block) * self._block


def _no_room(said: str) -> PxeserveError:
    return PxeserveError(said, code="refused", fix="make room there, or put server.data on a larger disk")


def take(descriptor: int, at: int, length: int) -> bool:
    """Take room on the disk for these bytes of a file, which is so long then at least; False where a file system cannot. Raises OSError."""
    return _allocate(descriptor, 0, at, length)


def take_beyond(descriptor: int, length: int) -> bool:
    """Take room for so many bytes behind the end of a file, which stays as long as it is; False where a file system cannot. Raises
    OSError."""
    return _allocate(descriptor, _KEEP_SIZE, os.fstat(descriptor).st_size, length)


def _allocate(descriptor: int, mode: int, at: int, length: int) -> bool:
    while length and _libc.fallocate(descriptor, mode, ctypes.c_int64(at), ctypes.c_int64(length)):
        number = ctypes.get_errno()
        if number in _CANNOT:
            return False
        if number != errno.EINTR:
            raise OSError(number, os.strerror(number))
    return True


def reserve(home: Path, needed: int) -> None:
    """Refuse before copying what would fill the disk: a twentieth, or 1 GiB where that is less, stays free for leases and logs. Raises
    PxeserveError."""
    usage = shutil.disk_usage(home)
    keep = kept_free(usage.total)
    if needed + keep > usage.free:
        raise _no_room(f"{home}: the medium needs {size(needed)}; {size(usage.free)} are free, of which leases and logs keep {size(keep)}")


def kept_free(total: int) -> int:
    """Bytes of a disk of `total` ones that stay free for leases and logs."""
    return min(_KEEP_FREE, total // _KEEP_PART)


def size(count: int) -> str:
    """A number of bytes as people say it."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 10_000 or unit == "GB":
            return f"{count} {unit}"
        count //= 1000
    return ""

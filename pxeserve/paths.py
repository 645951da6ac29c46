"""The one way from a name to a file beneath a root, for every protocol.

The root is opened once; names are walked by the kernel (`openat2` with RESOLVE_BENEATH, Linux 5.6) or, where that is missing,
folder by folder without following links. No prefix is ever compared as text. What is not a regular file is refused at
once, so that a FIFO or a device can never make a server wait (threats T5, T6, T16).
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import threading
from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple

_SYS_OPENAT2 = 437
_RESOLVE = 0x02 | 0x04 | 0x08
"""RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH (linux/openat2.h)."""

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY | os.O_NOFOLLOW
_MAX_NAME = 1024

_REASONS = {
    errno.ENOENT: "not-found",
    errno.ENOTDIR: "not-found",
    errno.ENAMETOOLONG: "bad-name",
    errno.ELOOP: "symlink",
    errno.EXDEV: "outside",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    errno.ENXIO: "not-regular",
    errno.ENODEV: "not-regular",
}

_libc = ctypes.CDLL(None, use_errno=True)


class PathRefused(Exception):
    """A name that gets no file. `reason`: not-found, not-regular, symlink, outside, bad-name or denied; and changed or cut-short for a
    file of a medium that is not what was imported."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OpenFile(NamedTuple):
    """A regular file, open for reading. Whoever has it closes it. `size` in bytes, as it was when opened.

    It may be a run of bytes of a larger file, such as an image: then `base` is where in that one it begins, and `container` how many
    bytes that one has. Whoever uses `fd` itself adds `base` to every offset; `read` does so.
    """

    fd: int
    size: int
    mtime_ns: int
    inode: int
    device: int
    base: int = 0
    container: int | None = None

    @property
    def behind(self) -> int:
        """Bytes of what lies behind `fd`: the file's own size, or its container's."""
        return self.size if self.container is None else self.container

    @property
    def key(self) -> Hashable:
        """Equal for the same unchanged file."""
        whole = (self.device, self.inode, self.mtime_ns, self.behind)
        return whole if self.container is None else (*whole, self.base, self.size)

    def read(self, length: int, offset: int) -> bytes:
        """Up to `length` bytes from `offset` on, and none beyond its end. Raises OSError."""
        return os.pread(self.fd, max(min(length, self.size - offset), 0), self.base + offset)

    def intact(self) -> bool:
        """Whether it is still what it was when it was opened: nothing was written to it, nothing cut off."""
        now = os.fstat(self.fd)
        return now.st_size == self.behind and now.st_mtime_ns == self.mtime_ns

    def part(self, base: int, size: int) -> OpenFile:
        """The run of `size` bytes from `base` on as a file of its own, by the same descriptor. Raises PathRefused when it is not inside."""
        if not 0 <= base <= base + size <= self.size:
            raise PathRefused("cut-short")
        return self._replace(size=size, base=base, container=self.size)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.fd)


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


class Root:
    """A folder from which files may be given. Raises OSError when there is no such folder."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    @classmethod
    def without_links(cls, path: Path) -> Root:
        """The folder at `path`, which is absolute: no part of the way to it may be a link. For folders of others, who could lead the way to
        what only we may read. Raises OSError."""
        root = cls(Path("/"))
        for part in path.parts[1:]:
            try:
                inner = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=root._fd)
            finally:
                root.close()
            root._fd = inner
        return root

    def open(self, name: str) -> OpenFile:
        """The file called `name` beneath the root; a leading slash means the root. Raises PathRefused, and OSError only when
        the system itself is out of something (descriptors, memory)."""
        walked = parts(name)
        try:
            descriptor = _walk(self._fd, walked)
        except OSError as error:
            reason = _REASONS.get(error.errno or 0)
            if reason is None:
                raise
            raise PathRefused(reason) from None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise PathRefused("not-regular")
        return OpenFile(descriptor, found.st_size, found.st_mtime_ns, found.st_ino, found.st_dev)

    def lies_at(self, path: Path) -> bool:
        """Whether the folder at `path` is this very one."""
        try:
            there = path.stat()
        except OSError:
            return False
        return os.path.samestat(os.fstat(self._fd), there)

    def close(self) -> None:
        """Close the root."""
        os.close(self._fd)


class Roots:
    """Folders that stay open until the process ends, each opened once, however many threads ask for it at the same moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[Path, Root] = {}

    def of(self, folder: Path) -> Root:
        """The one at `folder`. Raises OSError when there is none; it is looked for again then."""
        with self._lock:
            root = self._open.get(folder)
            if root is None:
                root = self._open[folder] = Root(folder)
            return root


def parts(name: str) -> list[bytes]:
    """The folders and the file that `name` is made of; empty ones and `.` count for nothing. Raises PathRefused."""
    try:
        raw = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise PathRefused("bad-name") from None
    if len(raw) > _MAX_NAME or b"\0" in raw:
        raise PathRefused("bad-name")
    found = [part for part in raw.split(b"/") if part not in (b"", b".")]
    if b".." in found:
        raise PathRefused("outside")
    if not found:
        raise PathRefused("not-regular")
    return found


def _walk(root: int, walked: list[bytes]) -> int:
    if len(walked) == 1:  # nothing to walk through, and the common call costs a third of the other
        return os.open(walked[0], _FLAGS, dir_fd=root)
    try:
        return _openat2(root, b"/".join(walked))
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EPERM, errno.E2BIG):
            raise
    return walk_without_openat2(root, walked)


def _openat2(root: int, name: bytes) -> int:
    how = _OpenHow(_FLAGS, 0, _RESOLVE)
    while True:
        descriptor = _libc.syscall(_SYS_OPENAT2, root, ctypes.c_char_p(name), ctypes.byref(how), ctypes.sizeof(how))
        if descriptor >= 0:
            return int(descriptor)
        number = ctypes.get_errno()
        if number in (errno.EINTR, errno.EAGAIN):  # EAGAIN: a rename raced with the walk (openat2(2))
            continue
        raise OSError(number, os.strerror(number))


def walk_without_openat2(root: int, walked: list[bytes]) -> int:
    """The same walk on kernels and containers without openat2: one folder at a time, following nothing. Raises OSError."""
    folder = os.dup(root)
    try:
        for part in walked[:-1]:
            inner = os.open(part, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            os.close(folder)
            folder = inner
            if stat.S_ISLNK(os.fstat(folder).st_mode):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        return os.open(walked[-1], _FLAGS, dir_fd=folder)
    finally:
        os.close(folder)

"""A private file that appears whole: it is written beside its place under another name, and has its own when the disk has all of it. What a
kill has left there goes with the next one. Refuses to know what is in it."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pxeserve.errors import ConflictError, PxeserveError

_COMING = ".coming"


@contextmanager
def landing(file: Path) -> Iterator[int]:
    """A descriptor to write to; at the end `file` is there, 0600. Raises PxeserveError: `conflict` where there is one of this name."""
    if file.exists() or file.is_symlink():
        raise ConflictError(f"{file} is there already", fix="name another file, or move that one away")
    for left in file.parent.glob(f".{file.name}.*{_COMING}"):
        if not is_held(left):
            left.unlink(missing_ok=True)
    coming = file.with_name(f".{file.name}.{secrets.token_hex(8)}{_COMING}")
    try:
        descriptor = os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise PxeserveError(f"{file}: cannot be written: {error.strerror}", fix="name a file in a folder of yours") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
        os.fsync(descriptor)
        coming.rename(file)
    except OSError as error:
        raise PxeserveError(f"{file}: cannot be written: {error.strerror}", fix="save to another disk, or make room there") from None
    finally:
        coming.unlink(missing_ok=True)
        os.close(descriptor)
    _sync(file.parent)


def is_held(path: Path) -> bool:
    """Whether somebody works there now."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return True  # not ours to touch
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _sync(folder: Path) -> None:
    with suppress(OSError):  # a file system that has no such thing
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

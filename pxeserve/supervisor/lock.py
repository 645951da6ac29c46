"""One service a data folder: a lock that the kernel takes back when its holder dies, with the holder's pid inside."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from pxeserve.errors import PxeserveError
from pxeserve.supervisor import privileges

_NAME = "pxeserve.lock"
_PAUSE = 0.05


class AlreadyRunningError(PxeserveError):
    """Another process holds the data folder."""


def take(data: Path, ids: tuple[int, int] | None = None, patience: float = 0.0) -> int:
    """Take the lock of `data` as the user `ids`, within `patience` seconds; the descriptor holds it until it is closed or the process ends.

    Raises AlreadyRunningError, or PxeserveError when there can be no lock.
    """
    path = data / "run" / _NAME
    try:
        with privileges.acting_as(ids):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        uid = ids[0] if ids else os.geteuid()
        fix = f"it has to be a file of uid {uid}; while no service runs it may be removed"
        raise PxeserveError(f"{path}: cannot be locked: {error.strerror}", fix=fix) from None
    deadline = time.monotonic() + patience
    while not _locked(descriptor):
        if time.monotonic() >= deadline:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            fix = "one service a data folder; stop that one, or name another --data DIR"
            raise AlreadyRunningError(f"{data}: already running, pid {holder}", code="busy", fix=fix)
        time.sleep(_PAUSE)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

"""One service a data folder: a lock that the kernel takes back when its holder dies, with the holder's pid inside."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from pxeserve.errors import PxeserveError

_NAME = "pxeserve.lock"


class AlreadyRunningError(PxeserveError):
    """Another process holds the data folder."""


def take(data: Path) -> int:
    """Take the lock of `data`; the descriptor holds it until it is closed or the process ends. Raises AlreadyRunningError."""
    run = data / "run"
    descriptor = os.open(run / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        fix = "one service a data folder; stop that one, or name another --data DIR"
        raise AlreadyRunningError(f"{data}: already running, pid {holder}", code="busy", fix=fix) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor

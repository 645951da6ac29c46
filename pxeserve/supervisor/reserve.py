"""A megabyte set aside on the data folder's disk, so that a service can start where no byte is left.

SQLite maps its WAL index into memory. On a full disk the page that it was promised may not be had when it is touched, and then the
kernel ends the process (SIGBUS): a service that had served on would not come back after a restart. So the reserve is given back before
the state is opened, and set aside again when there is plenty of room.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

SIZE = 1 << 20
_PLENTY = 4 * SIZE
_NAME = "reserve"


def give_back(folder: Path) -> None:
    """Free what was set aside in `folder`, if anything."""
    with suppress(OSError):
        (folder / _NAME).unlink()


def set_aside(folder: Path) -> None:
    """Set it aside in `folder` when there is room for it several times over; else do nothing."""
    with suppress(OSError):
        room = os.statvfs(folder)
        if room.f_bavail * room.f_frsize < _PLENTY:
            return
        with (folder / _NAME).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, SIZE)

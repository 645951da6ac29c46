"""Writes a file of which all pieces come in order, large ones straight to the disk: past the kernel's memory of files (O_DIRECT).

A medium of some gigabytes that is copied through that memory pushes out of it what machines are being sent, and costs the processor a copy
and a page for every 4 KiB: a quarter of an import. Refuses to know what is written, and to wait until it lies on the disk for good.
"""

from __future__ import annotations

import errno
import fcntl
import os

LARGE = 1 << 20
"""Bytes of a file that is written straight to the disk. A smaller one is in the kernel's hands before a disk has answered."""

_ALIGNED = 4096
"""Place, length and memory of what is written straight are multiples of this, or of less (open(2), O_DIRECT)."""


class Writer:
    """Writes to `descriptor` a file of `size` bytes, whose room is taken, from its beginning. Where a file system takes nothing past its
    memory, or a piece does not lie as that wants it, it is written as any other is."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._straight = False
        if size >= LARGE:
            try:
                self._turn(straight=True)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise

    def write(self, piece: memoryview) -> None:
        """The next bytes. Raises OSError."""
        if self._straight:
            whole = len(piece) - len(piece) % _ALIGNED
            written = self._past(piece[:whole])
            if written < len(piece):
                self._turn(straight=False)
            piece = piece[written:]
        write_all(self._descriptor, piece)

    def _past(self, piece: memoryview) -> int:
        """How many bytes of `piece` the disk has taken straight: fewer than there are when it takes no more so."""
        done = 0
        while done < len(piece):
            try:
                count = os.write(self._descriptor, piece[done:])
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                break
            done += count
            if count % _ALIGNED:
                break
        return done

    def _turn(self, *, straight: bool) -> None:
        flags = fcntl.fcntl(self._descriptor, fcntl.F_GETFL)
        fcntl.fcntl(self._descriptor, fcntl.F_SETFL, flags | os.O_DIRECT if straight else flags & ~os.O_DIRECT)
        self._straight = straight


def write_all(descriptor: int, piece: memoryview) -> None:
    """Write all of it, however often that takes. Raises OSError."""
    while piece:
        piece = piece[os.write(descriptor, piece) :]

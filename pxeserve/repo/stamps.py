"""Whether a file is still the one that was read: what the file system says of it, as one text.

Any write changes ctime, whoever makes it and whatever he sets mtime to. What changes no stamp is a disk that forgets: that is what reading
every byte again is for.
"""

from __future__ import annotations

import os
import time

from pxeserve.shelf import Stamp

_SETTLING = 100_000_000
"""Nanoseconds. File systems count time in steps of some milliseconds: a second write within one step leaves the stamp as it was, so a
stamp that is younger than this says nothing yet."""


def stamp(found: os.stat_result) -> str:
    """Device, inode, bytes, and both times in nanoseconds."""
    return str(Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns))


def settled(found: os.stat_result) -> str:
    """The stamp of a file that was read whole just now and looked like this before; one without its ctime, like none that a file will
    ever have, when it is too young to be relied on."""
    if abs(time.time_ns() - found.st_ctime_ns) > _SETTLING:
        return stamp(found)
    return f"{stamp(found).rpartition(':')[0]}:0"

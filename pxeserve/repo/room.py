"""Room on a disk: what there must be before anything large is laid there, as leases and logs are to keep theirs."""

from __future__ import annotations

import shutil
from pathlib import Path

from pxeserve.errors import PxeserveError

_KEEP_FREE = 1 << 30
_KEEP_PART = 20


def reserve(home: Path, needed: int) -> None:
    """Refuse before copying what would fill the disk: a twentieth, or 1 GiB where that is less, stays free for leases and logs. Raises
    PxeserveError."""
    usage = shutil.disk_usage(home)
    keep = kept_free(usage.total)
    if needed + keep > usage.free:
        raise PxeserveError(
            f"{home}: the medium needs {size(needed)}; {size(usage.free)} are free, of which leases and logs keep {size(keep)}",
            code="refused",
            fix="make room there, or put server.data on a larger disk",
        )


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

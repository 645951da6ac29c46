"""The data folder itself, and whether the service's user can use it. Part of the parent, so it refuses to know what lies inside: knowing
the store would cost the one process that needs it least a quarter of its memory."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pxeserve.errors import PxeserveError
from pxeserve.supervisor import privileges

_OF_THE_DISK = {
    errno.EROFS: "the state has to lie where it can be written: mount a volume there (in a container: -v pxeserve:{data}), or remount it: "
    "mount -o remount,rw; or [server] data names another folder",
    errno.ENOSPC: "make room on the disk of that folder: df -h {data}",
    errno.EDQUOT: "the quota of the service's user is used up on the disk of that folder",
}


def own_folder(data: Path, ids: tuple[int, int] | None) -> None:
    """Make `data` itself, owned by the service's user: the one thing that needs root. And its `run` folder, as that user. Raises
    PxeserveError."""
    try:
        if not data.exists() or (data.stat().st_uid == os.geteuid() and not any(data.iterdir())):  # or made for us
            data.mkdir(mode=0o755, parents=True, exist_ok=True)
            if ids is not None:
                os.chown(data, *ids)
    except OSError as error:
        raise _unready(data, error, "name another folder: [server] data, or --data DIR") from None
    with privileges.acting_as(ids), in_reach(data):
        run = data / "run"
        run.mkdir(mode=0o700, exist_ok=True)
        if os.statvfs(data).f_flag & os.ST_RDONLY:  # which lets what is there already be read, and found by the next who writes
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        owner, wanted = run.stat().st_uid, os.geteuid()
        if owner != wanted:
            raise PxeserveError(
                f"{data}: belongs to uid {owner}, and the service runs as uid {wanted}",
                fix=f"chown -R {wanted} {data}, or set [server] user",
            )


@contextmanager
def in_reach(data: Path) -> Iterator[None]:
    """Work beneath `data`; what the system refuses there becomes a PxeserveError that says what to do."""
    try:
        yield
    except OSError as error:
        fix = f"the service runs as uid {os.geteuid()}, which must own the folder and reach it through every folder above"
        raise _unready(data, error, fix) from None


def _unready(data: Path, error: OSError, fix: str) -> PxeserveError:
    """`error` in our words. `fix` is for whatever the disk itself is not to blame for."""
    return PxeserveError(f"{data}: cannot be made ready: {error.strerror}", fix=_OF_THE_DISK.get(error.errno or 0, fix).format(data=data))

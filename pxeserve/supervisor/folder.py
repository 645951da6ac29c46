"""The data folder itself, and whether the service's user can use it. Part of the parent, so it refuses to know what lies inside: knowing
the store would cost the one process that needs it least a quarter of its memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pxeserve.errors import PxeserveError
from pxeserve.supervisor import privileges


def own_folder(data: Path, ids: tuple[int, int] | None) -> None:
    """Make `data` itself, owned by the service's user: the one thing that needs root. And its `run` folder, as that user. Raises
    PxeserveError."""
    try:
        if not data.exists() or (data.stat().st_uid == os.geteuid() and not any(data.iterdir())):  # or made for us
            data.mkdir(mode=0o755, parents=True, exist_ok=True)
            if ids is not None:
                os.chown(data, *ids)
    except OSError as error:
        fix = "name another folder: [server] data, or --data DIR"
        raise PxeserveError(f"{data}: cannot be made ready: {error.strerror}", fix=fix) from None
    with privileges.acting_as(ids), in_reach(data):
        run = data / "run"
        run.mkdir(mode=0o700, exist_ok=True)
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
        raise PxeserveError(
            f"{data}: cannot be made ready: {error.strerror}",
            fix=f"the service runs as uid {os.geteuid()}, which must own the folder and reach it through every folder above",
        ) from None

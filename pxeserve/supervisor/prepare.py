"""Makes the data folder ready: folders, keys, schema. Runs as the service's user, so that root never leaves files it cannot write."""

from __future__ import annotations

import os
from pathlib import Path

from pxeserve.errors import PxeserveError
from pxeserve.keys import load_keys
from pxeserve.store import open_store

_FOLDERS = ("run", "state", "keys", "media", "loaders", "files", "tftp")


def own_folder(data: Path, ids: tuple[int, int] | None) -> None:
    """Make `data` itself and its `run` folder, owned by the service's user; the one thing that root has to do. Raises PxeserveError."""
    try:
        for folder, mode in ((data, 0o755), (data / "run", 0o700)):
            new = not folder.exists() or (folder.stat().st_uid == os.geteuid() and not any(folder.iterdir()))  # or made for us
            folder.mkdir(mode=mode, parents=True, exist_ok=True)
            if new and ids is not None:
                os.chown(folder, *ids)
    except OSError as error:
        fix = "name another folder: [server] data, or --data DIR"
        raise PxeserveError(f"{data}: cannot be made ready: {error.strerror}", fix=fix) from None
    owner = (data / "run").stat().st_uid
    wanted = ids[0] if ids else os.geteuid()
    if owner != wanted:
        raise PxeserveError(
            f"{data}: belongs to uid {owner}, and the service runs as uid {wanted}", fix=f"chown -R {wanted} {data}, or set [server] user"
        )


def fill(data: Path) -> None:
    """Everything else beneath `data`. Raises PxeserveError."""
    try:
        for name in _FOLDERS:
            (data / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise PxeserveError(
            f"{data}: cannot be made ready: {error.strerror}",
            fix=f"the service runs as uid {os.geteuid()}, which must own the folder and reach it through every folder above",
        ) from None
    load_keys(data)
    open_store(data, migrate=True).close()

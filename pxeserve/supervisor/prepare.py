"""Fills the data folder: folders, keys, schema. Runs as the service's user, so that root never leaves files that it cannot write."""

from __future__ import annotations

from pathlib import Path

from pxeserve.keys import load_keys
from pxeserve.saved import swap
from pxeserve.store import open_store
from pxeserve.supervisor import reserve, restored
from pxeserve.supervisor.folder import in_reach

_FOLDERS = ("run", "state", "keys", "media", "loaders", "files", "templates", "tftp")


def fill(data: Path) -> None:
    """Everything else beneath `data`, after a restoration that was begun was ended. For who holds its lock. Raises PxeserveError."""
    with in_reach(data):
        swap.settle(data)
        for name in _FOLDERS:
            (data / name).mkdir(mode=0o700, exist_ok=True)
    reserve.give_back(data / "state")
    load_keys(data)
    store = open_store(data, migrate=True)
    with in_reach(data):
        restored.see_to(store, data)
    store.close()
    reserve.set_aside(data / "state")

"""How an unpacked archive takes the place of what is there, so that a kill at any step leaves the one or the other.

It lies whole in `restoring/` first. One rename to `restored/` decides: before it, the next start sweeps it away and the old state goes on;
after it, the next start ends what was begun. What was there goes to `replaced/`, and is removed when the new is in its place. Refuses to
know what any of it means.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pxeserve.errors import PxeserveError
from pxeserve.saved.manifest import CONFIGURATION, FOLDERS

COMING, DECIDED, REPLACED = "restoring", "restored", "replaced"
SAVED_CONFIGURATION = "configuration.saved.toml"
"""What the archive's configuration is called in the data folder: a copy to compare with, which nothing reads."""

_PLACES = {**{name: name for name in FOLDERS}, CONFIGURATION: SAVED_CONFIGURATION}


def pending(data: Path) -> bool:
    """Whether a restoration was decided and not ended: then what lies beneath `data` is of two states."""
    return (data / DECIDED).is_dir()


def begin(data: Path) -> Path:
    """A folder to unpack into, with the folders that are replaced even by nothing. Raises PxeserveError where one that would have to be
    moved cannot be."""
    for name in FOLDERS:
        path = data / name
        if path.is_symlink() or path.is_mount():
            raise PxeserveError(
                f"{path}: is a link or a disk of its own, so it cannot be exchanged in one step",
                code="refused", fix="restore into another folder (--data DIR), and copy that one's state, keys and templates there",
            )  # fmt: skip
    coming = data / COMING
    for path in (coming, *(coming / name for name in FOLDERS)):
        path.mkdir(mode=0o700)
    return coming


def decide(data: Path) -> None:
    """What was unpacked is the state from now on, come what may; `settle` puts it there."""
    for folder in [data / COMING, *(path for path in (data / COMING).rglob("*") if path.is_dir())]:
        _sync(folder)
    (data / COMING).rename(data / DECIDED)
    _sync(data)


def settle(data: Path) -> bool:
    """End what was decided, and sweep away what was not; whether there was anything decided. For who holds the lock of `data` alone.

    Raises OSError; then it is still pending, and may be asked again.
    """
    shutil.rmtree(data / COMING, ignore_errors=True)
    decided, replaced = data / DECIDED, data / REPLACED
    was = decided.is_dir()
    if was:
        replaced.mkdir(mode=0o700, exist_ok=True)
        for name, place in _PLACES.items():
            _exchange(decided / name, data / place, replaced / name)
        _sync(data)
        decided.rmdir()
        _sync(data)
    shutil.rmtree(replaced, ignore_errors=True)
    return was


def _exchange(fresh: Path, place: Path, aside: Path) -> None:
    """Each step can be the last one before a kill: what is asked is how far it came."""
    if not fresh.exists():
        return  # it is in its place, or was never in the archive
    if place.exists() and not aside.exists():
        place.rename(aside)
        _sync(aside.parent)
    elif place.exists():  # made anew after the old one went: by nobody who holds the lock, so it cannot be anybody's
        raise OSError(f"{place} was made while a restoration was under way: move it away")
    fresh.rename(place)
    _sync(place.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

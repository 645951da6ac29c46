"""Saves the site: all that this service knows, in one archive, while it runs or not.

What it writes holds every secret of the service (keys, hashes, sealed passwords with the key that opens them), so the archive is made 0600,
and whoever asks is told. It is not encrypted: a key that lies in the archive itself, as that of the backups does, would keep nobody out.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pxeserve import __version__
from pxeserve.config import Config
from pxeserve.errors import PxeserveError
from pxeserve.events.record import Event
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.repo.room import kept_free, size
from pxeserve.saved import moment, packing, swap, without
from pxeserve.saved.landing import is_held, landing
from pxeserve.saved.manifest import CONFIGURATION, DATABASES, FOLDERS, MOST_MEMBERS, Manifest, is_allowed
from pxeserve.store import audit, open_store
from pxeserve.store.database import HEADS
from pxeserve.supervisor import lent, privileges

_PREFIX = "saving-"


def save(config: Config, configuration: bytes | None, file: Path, actor: str) -> dict[str, Any]:
    """Save the site into `file`, which must not be there yet, with `configuration`, the text of the configuration file, and what came of
    it. Nothing is at that name before it is whole. Raises PxeserveError."""
    if not (config.server.data / "state").is_dir():
        raise PxeserveError(f"{config.server.data}: there is no state here to save", fix="name the right folder: --config FILE")
    ids = privileges.user_ids(config.server.user)
    with landing(file) as descriptor:
        told: dict[str, Any] = lent.as_service(ids, lambda: _saved(config, configuration, descriptor, str(file), actor))
    return {"file": str(file), **told}


def _saved(config: Config, configuration: bytes | None, descriptor: int, file: str, actor: str) -> dict[str, Any]:
    data = config.server.data
    if swap.pending(data):
        raise PxeserveError(f"{data}: a restoration was begun here and not ended", fix="start the service, which ends it; then save")
    now = time.time()
    _told(data, file, actor, now)
    with _folder(data) as folder:
        (folder / "state").mkdir()
        moment.copy(data / "state", folder / "state")
        places = {name: folder / name for name in DATABASES} | dict(_files(data))
        if configuration is not None:
            places[CONFIGURATION] = folder / CONFIGURATION
            places[CONFIGURATION].write_bytes(configuration)
        store = open_store(folder)
        try:
            lacks = without.listed(store, config)
        finally:
            store.close()
        members = tuple(packing.summed(path, name) for name, path in places.items())
        manifest = Manifest(__version__, now, HEADS, members, lacks)
        to = packing.Summing(descriptor)
        packing.pack(to, manifest, places.__getitem__)
    _recorded(data, file, actor, now)
    counted = {kind: len(ones) for kind, ones in lacks.items()}
    return {"bytes": to.size, "sha256": to.sha256.hexdigest(), "release": __version__, "files": len(members), "without": counted}


def _told(data: Path, file: str, actor: str, now: float) -> None:
    """The audit, before any byte leaves: so the archive tells of itself too."""
    store = open_store(data)
    try:
        with store.site.write() as connection:
            audit.append(connection, now, actor, "site.save", file)
    finally:
        store.close()


def _recorded(data: Path, file: str, actor: str, now: float) -> None:
    """An event, where a service runs that takes it."""
    recorder = Recorder(data / "run" / SOCKET_NAME, "site")
    recorder.emit(Event("state.saved", now, f"{actor} saved the site into {file}"))
    recorder.flush()
    recorder.close()


def _files(data: Path) -> Iterator[tuple[str, Path]]:
    """Keys and templates. What has a name that no archive may hold, or is no regular file, is none of ours."""
    count = 0
    for folder in FOLDERS:
        for path in sorted((data / folder).rglob("*")) if folder != "state" else ():
            name = str(path.relative_to(data))
            if path.is_symlink() or not path.is_file():
                continue
            if not is_allowed(name):
                raise PxeserveError(f"{path}: has a name that no archive may hold", fix="rename it, or move it elsewhere, and save again")
            count += 1
            if count > MOST_MEMBERS // 2:
                raise PxeserveError(f"{data / folder} holds more than {MOST_MEMBERS // 2} files", fix="move away what is not the service's")
            yield name, path


@contextmanager
def _folder(data: Path) -> Iterator[Path]:
    """A folder of our own for the copies, gone afterwards; one that a kill left goes first."""
    run = data / "run"
    for left in run.glob(f"{_PREFIX}*"):
        if not is_held(left):
            shutil.rmtree(left, ignore_errors=True)
    needed = sum((data / name).stat().st_size for name in DATABASES)
    usage = shutil.disk_usage(run)
    if needed + kept_free(usage.total) > usage.free:
        said = f"{run}: copies of the state need {size(needed)} for a while; {size(usage.free)} are free"
        raise PxeserveError(said, code="full", fix="make room there, or put server.data on a larger disk")
    folder = run / f"{_PREFIX}{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)

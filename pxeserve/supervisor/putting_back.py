"""Restores a site from an archive of `saving`: whole or not at all, whenever the machine stops.

All that the archive holds is checked and made ready beside what is there: its schema brought up to date, its armings lapsed, its sessions
and tokens ended, as a rack that was installed since must not be installed again. Then `swap` puts it in its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from pxeserve.config import Config
from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.keys import load_keys
from pxeserve.saved import moment, packing, swap, without
from pxeserve.saved.manifest import CONFIGURATION, DATABASES, Manifest
from pxeserve.store import audit, counting, open_store, witness
from pxeserve.supervisor import folder, lent, lock, privileges, restored

Confirm = Callable[[Mapping[str, Any]], bool]
"""Is shown what the archive is, and whether something is replaced; whether to go on."""


def restore(config: Config, file: Path, actor: str, confirm: Confirm) -> dict[str, Any] | None:
    """Put the site of the archive `file` into the data folder of `config`; what it was and what it lacks, or None when `confirm` said no.

    Raises PxeserveError: `busy` while a service runs there, `malformed` and `newer` for what cannot be restored; then nothing has changed.
    """
    data = config.server.data
    ids = privileges.user_ids(config.server.user)
    try:
        archive = file.open("rb")
    except OSError as error:
        raise PxeserveError(f"{file}: cannot be read: {error.strerror}", fix="name an archive that pxeserve site save wrote") from None
    with archive:
        folder.own_folder(data, ids)
        held = _held(data, ids)
        with held:
            told = lent.as_service(ids, lambda: _looked_at(data, archive))
            if not confirm(told):
                return None
            archive.seek(0)
            done: dict[str, Any] = lent.as_service(ids, lambda: _put_back(config, archive, str(file), actor))
    return {**told, **done}


def _held(data: Path, ids: tuple[int, int] | None) -> BinaryIO:
    """The lock of `data`, which ends with what is returned."""
    try:
        return open(lock.take(data, ids), "rb", buffering=0)  # noqa: PTH123 - a descriptor
    except lock.AlreadyRunningError as error:
        raise ConflictError(error.message, fix="stop the service first: nobody may serve from a state that is replaced") from None


def _looked_at(data: Path, archive: BinaryIO) -> dict[str, Any]:
    """What the archive says of itself, none of it proven yet, and what is there already."""
    swap.settle(data)
    manifest = packing.read_manifest(archive)
    return {
        "release": manifest.release,
        "made_at": manifest.made_at,
        "bytes": manifest.bytes,
        "files": len(manifest.members),
        "data": str(data),
        "replaces": (data / DATABASES[0]).exists(),
    }


def _put_back(config: Config, archive: BinaryIO, file: str, actor: str) -> dict[str, Any]:
    data = config.server.data
    coming = swap.begin(data)
    manifest = packing.unpack(archive, coming)
    said = _made_ready(coming, manifest, file, actor)
    swap.decide(data)
    swap.settle(data)
    store = open_store(data)
    try:
        witness.keep(store, data)
        with store.site.read() as connection:
            hosts = sum(counting.hosts_by_state(connection).values())
        lacks = without.missing(store, config, manifest.without.get("plain", []))
    finally:
        store.close()
    kept = str(data / swap.SAVED_CONFIGURATION) if any(one.name == CONFIGURATION for one in manifest.members) else None
    return {"said": said, "hosts": hosts, "missing": lacks, "configuration": kept}


def _made_ready(coming: Path, manifest: Manifest, file: str, actor: str) -> str:
    """What was unpacked, as a state to go on from: what was ended in it. Raises PxeserveError."""
    load_keys(coming)
    for name in DATABASES:
        if wrong := moment.faults(coming / name):
            raise PxeserveError(f"{name} in the archive is no whole database: {wrong}", code="malformed", fix="take another archive")
    store = open_store(coming, migrate=True)
    try:
        when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(manifest.made_at))
        with store.site.write() as connection:
            audit.append(connection, time.time(), actor, "site.restore", file, f"saved {when} by release {manifest.release}")
            return restored.end(connection, f"restored from an archive of {when}", older=True)
    finally:
        store.close()

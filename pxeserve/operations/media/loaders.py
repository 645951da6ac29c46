"""Boot loaders: import a set, list what is there and whether its files are still the ones that were imported."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

from pxeserve.boot import gather, syslinux
from pxeserve.boot.loaders import FOLDER, GET_THEM
from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.store import audit
from pxeserve.store import loaders as stored


@verb("loaders.import", role=Role.OPERATOR)
def import_loaders(context: Context, *, from_dir: Path | None = None) -> dict[str, Any]:
    """Copy a whole set from `from_dir`, or from Debian's packages, and make GRUB images of the modules there. Older sets of the same
    origin are replaced, or nothing changes. `grub` is None where no image could be made; `notes` say which are missing and why."""
    if from_dir is None:
        name, (origin, files), (made_of, images, notes) = gather.DEBIAN, gather.from_debian(), gather.grub_images()
    else:
        name, (origin, files) = gather.FOLDER, gather.from_folder(from_dir)
        made_of, images, notes = gather.grub_images(from_dir)
    _keep(context, name, origin, files)
    grub = gather.GRUB + name
    if images:
        _keep(context, grub, made_of, images)
    return {
        "set": name,
        "origin": origin,
        "build": str(syslinux.build_of(files)),
        "files": sorted(files),
        "grub": {"set": grub, "origin": made_of, "files": sorted(images)} if images else None,
        "notes": notes,
    }


def _keep(context: Context, name: str, origin: str, files: dict[str, bytes]) -> None:
    now = time.time()
    with gather.laid(context.config.server.data / FOLDER, name, files) as rows, context.store.site.write() as connection:
        stored.put(connection, name, origin, now, rows)
        audit.append(connection, now, context.actor.name, "loaders.import", name, f"{len(rows)} files, {origin}")


@verb("loaders.list", role=Role.VIEWER)
def list_loaders(context: Context) -> dict[str, Any]:
    """Every imported set with its files, each compared with its checksum; `missing` holds the sentence for a server without any."""
    with context.store.site.read() as connection:
        found = stored.sets(connection)
    folder = context.config.server.data / FOLDER
    rows = [
        {
            "set": one.name,
            "origin": one.origin,
            "imported_at": one.imported_at,
            "files": [_checked(folder / one.name, file) for file in one.files],
        }
        for one in found
    ]
    return {"sets": rows, "missing": "" if rows else f"no boot loaders have been imported: {GET_THEM}"}


def _checked(folder: Path, file: stored.LoaderFile) -> dict[str, Any]:
    return {"name": file.name, "size": file.size, "sha256": file.sha256, "state": _state(folder / file.name, file)}


def _state(path: Path, row: stored.LoaderFile) -> str:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "missing"
    return "good" if digest == row.sha256 else "changed"

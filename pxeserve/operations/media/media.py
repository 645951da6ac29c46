"""Media: look, verify, remove. How they come in is `imports`."""

from __future__ import annotations

import time
from typing import Any

from pxeserve.domain.medium import Medium
from pxeserve.domain.medium import Role as MediumRole
from pxeserve.domain.products import dialect_of, known
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError, RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.media.verification import Depth, described, look
from pxeserve.operations.registry import verb
from pxeserve.repo.imports import remove_medium
from pxeserve.repo.notes import notes_of
from pxeserve.repo.sources.telling import told
from pxeserve.store import audit, inventory, media


@verb("media.list", role=Role.VIEWER)
def list_media(context: Context) -> list[dict[str, Any]]:
    """All media, by name."""
    with context.store.site.read() as connection:
        found = inventory.media(connection)
    return [_described(context, medium) for medium in found]


@verb("media.show", role=Role.VIEWER)
def show(context: Context, *, name: str) -> dict[str, Any]:
    """One medium with its packages, in the order in which an installer fetches them."""
    medium = _known(context, name)
    with context.store.site.read() as connection:
        files = media.files(connection, name)
        needed = media.users(connection, name)
    packages = sorted((file for file in files if file.position >= 0), key=lambda file: file.position)
    return {
        **_described(context, medium),
        "notes": list(notes_of(context.config.server.data, medium, files)),
        "needed_by": needed,
        "packages": [
            {"file": file.path, "type": file.kind, "bytes": file.size, "md5": file.md5 or None, "sha256": file.sha256} for file in packages
        ],
    }


@verb("media.verify", role=Role.OPERATOR)
def verify(
    context: Context, *, name: str | None = None, everything: bool = False, depth: Depth = Depth.FULL
) -> list[dict[str, Any]]:
    """Check a medium (or all) and mark it good or damaged; a damaged one cannot be armed."""
    if (name is None) != everything:
        raise PxeserveError("name one medium, or ask for all of them")
    with context.store.site.read() as connection:
        chosen = inventory.media(connection) if everything else [_known(context, name or "")]
    return [_verified(context, medium, depth) for medium in chosen]


def _verified(context: Context, medium: Medium, depth: Depth) -> dict[str, Any]:
    verdict = look(context, medium, depth)
    with context.store.site.write() as connection:
        audit.append(connection, time.time(), context.actor.name, "media.verify", medium.name, str(verdict.state))
    return described(medium, verdict)


@verb("media.set", role=Role.OPERATOR)
def set_medium(context: Context, *, name: str, set: list[str]) -> dict[str, Any]:
    """Say the version of a netinstall tree, which is the one thing that no file of it says: `version=8.2.1`."""
    medium = _known(context, name)
    if medium.role is not MediumRole.NETINSTALL:
        fix = "to change a repository of your own, name its folder, and import it again"
        raise RefusedError(f"medium {name} is what its files say it is, and nothing of it can be set", fix=fix)
    for setting in set:
        key, _, value = setting.partition("=")
        dialect = dialect_of(medium.product, value) if key == "version" else None
        if key != "version" or dialect is None:
            raise PxeserveError(f"{setting!r} is not version=NUMBER of {medium.product}", fix=f"known are {known()}")
        with context.store.site.write() as connection:
            media.set_version(connection, name, value, dialect)
            audit.append(connection, time.time(), context.actor.name, "media.set", name)
    return _described(context, _known(context, name))


@verb("media.remove", role=Role.OPERATOR)
def remove(context: Context, *, name: str) -> dict[str, Any]:
    """Remove a medium with its files. Refused while a profile or an install needs it."""
    medium = _known(context, name)
    remove_medium(context.store, context.config.server.data, medium, context.actor.name, time.time())
    return {"removed": name}


def _known(context: Context, name: str) -> Medium:
    with context.store.site.read() as connection:
        medium = media.by_name(connection, name)
    if medium is None:
        raise NotFoundError(f"there is no medium {name}", fix="pxeserve media list shows them all")
    return medium


def _described(context: Context, medium: Medium) -> dict[str, Any]:
    with context.store.site.read() as connection:
        origin, imported_at = media.origin(connection, medium.name)
        files = media.files(connection, medium.name)
        checked_at = media.checked_at(connection, medium.name)
    return {
        "name": medium.name,
        "product": medium.product,
        "version": medium.version,
        "build": medium.build,
        "dialect": medium.dialect,
        "format": medium.format,
        "role": medium.role,
        "repositories": list(medium.repositories),
        "bootable": medium.boot is not None,
        "state": medium.state,
        "state_reason": medium.state_reason,
        "sample": medium.sample,
        "revision": medium.revision,
        "files": len(files),
        "bytes": sum(file.size for file in files),
        "package_count": sum(file.position >= 0 for file in files),
        "lies": medium.lies,
        "place": medium.place,
        "origin": " + ".join(map(told, origin.split("\n"))),
        "imported_at": imported_at,
        "checked_at": checked_at,
    }

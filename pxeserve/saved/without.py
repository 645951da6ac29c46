"""What belongs to a site and is not in its archive, as it can be had again or is too large: media, loaders, backups of pools, plain files.
Listed when the site is saved; looked for when it is restored, each with the way to bring it. Refuses to know how an archive looks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pxeserve.boot.loaders import FOLDER as LOADERS
from pxeserve.config import Config
from pxeserve.domain.medium import Lies, Medium
from pxeserve.recovery.backups import vault
from pxeserve.store import Store, backups, inventory, loaders, media

_PLAIN = ("files", "tftp")
_MOST_PLAIN = 1000
"""Files of those folders that are named; of more the rest is counted."""


def listed(store: Store, config: Config) -> dict[str, list[dict[str, Any]]]:
    """All of it, by kind."""
    data = config.server.data
    with store.site.read() as connection:
        told = [(medium, media.origin(connection, medium.name)[0]) for medium in inventory.media(connection)]
        sets = loaders.sets(connection)
        kept = sorted(backups.ids(connection))
    return {
        "media": [
            {"name": one.name, "revision": one.revision, "origin": origin, "lies": str(one.lies), "place": one.place or one.folder}
            for one, origin in told
        ],
        "loaders": [{"name": one.name, "origin": one.origin, "files": {file.name: file.sha256 for file in one.files}} for one in sets],
        "backups": [{"id": id} for id in kept],
        "plain": list(_plain(data)),
        "secrets": [{"file": str(one)} for one in _elsewhere(config)],
    }


def missing(store: Store, config: Config, plain: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What the state in `store` counts on and does not find: `what`, and `fix`, the way to bring it. `plain` is what `listed` said."""
    data = config.server.data
    found = []
    with store.site.read() as connection:
        for medium in inventory.media(connection):
            if not _place(data, medium).exists():
                origin = media.origin(connection, medium.name)[0]
                found.append({"what": f"medium {medium.name}: {_place(data, medium)} is not there", "fix": _again(medium, origin)})
        for one in loaders.sets(connection):
            if not all((data / LOADERS / one.name / file.name).exists() for file in one.files):
                found.append({"what": f"loaders {one.name}, from {_said(one.origin)}", "fix": "pxeserve loaders import"})
        lost = [id for id in sorted(backups.ids(connection)) if not vault.place(data / vault.FOLDER, id).exists()]
    if lost:
        fix = f"copy them into {data / vault.FOLDER} from where that folder is saved; pxeserve backup check ID tells whether one is whole"
        found.append({"what": f"{len(lost)} backups of pools: {', '.join(lost[:3])}{' …' if len(lost) > 3 else ''}", "fix": fix})
    gone = [str(one["file"])[:200] for one in plain if "file" in one and not _is_there(data, str(one["file"]))]
    if gone:
        said = f"{len(gone)} plain files: {', '.join(gone[:3])}{' …' if len(gone) > 3 else ''}"
        found.append({"what": said, "fix": f"copy them into {data} from where that is saved"})
    secrets = [str(one) for one in _elsewhere(config) if not one.exists()]
    return found + [{"what": f"the secret of a webhook, {one}", "fix": "put it there: the configuration names it"} for one in secrets]


def _place(data: Path, medium: Medium) -> Path:
    return data / "media" / medium.folder if medium.lies is Lies.COPIED else Path(medium.place)


def _again(medium: Medium, origin: str) -> str:
    """How a medium comes back: its row has to go first where nothing needs it, so its files are what is asked for."""
    if medium.lies is not Lies.COPIED:
        return f"put it back to where it lay; then pxeserve media verify {medium.name}"
    sources = _said(origin)
    return (
        f"copy its folder media/{medium.folder} from the old machine, then pxeserve media verify {medium.name}; "
        f"or pxeserve media import {sources} --name {medium.name}"
    )


def _said(origin: str) -> str:
    return " ".join(origin.splitlines()[:4])[:300]


def _is_there(data: Path, name: str) -> bool:
    """Whether a file of the archive's list is there. Only beneath the folders that the list is of: it came from outside."""
    parts = Path(name).parts
    return bool(parts) and parts[0] in _PLAIN and ".." not in parts and (data / name).exists()


def _plain(data: Path) -> Iterator[dict[str, Any]]:
    seen = 0
    for name in _PLAIN:
        for folder, _, files in os.walk(data / name):
            for file in sorted(files):
                seen += 1
                path = Path(folder, file)
                if seen <= _MOST_PLAIN and not path.is_symlink():
                    yield {"file": str(path.relative_to(data)), "size": path.stat().st_size}
    if seen > _MOST_PLAIN:
        yield {"more": seen - _MOST_PLAIN}


def _elsewhere(config: Config) -> list[Path]:
    """Secrets of webhooks that lie outside the keys."""
    data = config.server.data
    found = [data / hook.secret_file for hook in config.webhook]
    return [path for path in found if path.parent != data / "keys"]

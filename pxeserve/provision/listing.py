"""The names in a folder of a medium, for people who look: from the manifest in the store, not from the disk, so that only what was
imported and checked is ever shown."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from pxeserve.store import Store
from pxeserve.store import tables as t


class Listing:
    """Callable as `app.Services.listing`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, medium: str, folder: str) -> Sequence[str] | None:
        """Names in `folder` (empty for the medium itself), folders first and with a slash; None when there is nothing."""
        parts = [part for part in folder.split("/") if part]
        prefix = "".join(f"{part}/" for part in parts)
        files = t.medium_file
        query = select(files.c.path).where(files.c.medium == medium, files.c.path.startswith(prefix, autoescape=True))
        with self._store.site.read() as connection:
            inner = [path[len(prefix) :] for path in connection.execute(query).scalars()]
        folders = {f"{name.split('/', 1)[0]}/" for name in inner if "/" in name}
        plain = {name for name in inner if "/" not in name}
        return [*sorted(folders), *sorted(plain)] or None

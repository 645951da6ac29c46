"""What lies in a folder of a medium, for people who look: from the manifest in the store, not from the disk, so that only what was
imported and checked is ever shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from pxeserve.shelf import Stamp
from pxeserve.store import Store
from pxeserve.store import tables as t


@dataclass(slots=True)
class Entry:
    """A file, or a folder, whose `name` ends with a slash, with all that lies beneath it: `files` of them, `size` in bytes. `modified` is
    when the newest was changed, in epoch seconds; None when nobody has looked."""

    name: str
    size: int = 0
    files: int = 0
    modified: float | None = None

    def add(self, size: int, modified: float | None) -> None:
        """One more file."""
        self.size += size
        self.files += 1
        if modified is not None:
            self.modified = max(modified, self.modified or 0.0)


class Listing:
    """Callable as `app.Services.listing`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, medium: str, folder: str) -> Sequence[Entry] | None:
        """What is in `folder` (empty for the medium itself), folders first, by name; None when there is nothing."""
        prefix = "".join(f"{part}/" for part in folder.split("/") if part)
        files = t.medium_file
        query = select(files.c.path, files.c.size, files.c.stamp).where(files.c.medium == medium)
        found: dict[str, Entry] = {}
        with self._store.site.read() as connection:
            for path, size, stamp in connection.execute(query.where(files.c.path.startswith(prefix, autoescape=True))):
                name, slash, _ = path[len(prefix) :].partition("/")
                known = Stamp.read(stamp)
                found.setdefault(name + slash, Entry(name + slash)).add(size, known.mtime_ns / 1e9 if known else None)
        return sorted(found.values(), key=_order) or None


def _order(entry: Entry) -> tuple[bool, str, str]:
    return not entry.name.endswith("/"), entry.name.casefold(), entry.name

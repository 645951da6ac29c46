"""What FTP shows: a folder `media` with the media that are visible now, and in each what its manifest says. The paths are HTTP's.

Names are looked up in the manifest, never on a disk, so that nothing is seen that was not imported; a file's bytes come by the one safe
way. Refuses to know FTP's commands. For one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.domain.medium import Lies, Medium
from pxeserve.paths import OpenFile, PathRefused, Root
from pxeserve.store import Store
from pxeserve.store import tables as t

TOP = "media"


class Entry(NamedTuple):
    """One name: a folder, or a file of `size` bytes as it was imported. `mtime` is when that was, in epoch seconds."""

    folder: bool
    size: int
    mtime: int


@dataclass(frozen=True, slots=True)
class _Index:
    """A medium's manifest: `files` by path to their size, and the names in each folder; the medium's own is ""."""

    revision: str
    at: int
    files: Mapping[str, int]
    folders: Mapping[str, tuple[str, ...]]


class Tree:
    """The media beneath the data folder `data`. `current` gives those that are visible, by name; when the store fails, those last
    known go on being shown."""

    def __init__(self, current: Callable[[], Mapping[str, Medium]], store: Store, data: Path) -> None:
        self._current = current
        self._store = store
        self._data = data
        self._media: Mapping[str, Medium] = {}
        self._indexes: dict[str, _Index] = {}
        self.look()

    def look(self) -> None:
        """See what media there are now, and forget those that are gone."""
        try:
            media = self._current()
        except SQLAlchemyError:
            return
        if media is not self._media:
            self._media = media
            for name in self._indexes.keys() - media.keys():
                del self._indexes[name]

    def medium(self, path: str) -> tuple[Medium, str] | None:
        """The medium that `path` (absolute, without dots) lies in, and the path in it; None above the media and where there is none."""
        parts = [part for part in path.split("/") if part]
        if len(parts) < 2 or parts[0] != TOP:
            return None
        medium = self._media.get(parts[1])
        return (medium, "/".join(parts[2:])) if medium is not None else None

    def entry(self, path: str) -> Entry | None:
        """What lies at `path`; None when nothing does."""
        if path.strip("/") in ("", TOP):
            return Entry(True, 0, 0)
        found = self._indexed(path)
        if found is None:
            return None
        index, inner = found
        if inner in index.folders:
            return Entry(True, 0, index.at)
        size = index.files.get(inner)
        return Entry(False, size, index.at) if size is not None else None

    def names(self, path: str) -> list[str]:
        """The names in the folder `path`, sorted; none for what is no folder."""
        match path.strip("/"):
            case "":
                return [TOP]
            case top if top == TOP:
                return sorted(self._media)
        found = self._indexed(path)
        return list(found[0].folders.get(found[1], ())) if found else []

    def open(self, path: str) -> OpenFile:
        """The file at `path`; whoever gets it closes it. Raises PathRefused, and OSError when the system is out of something."""
        found, entry = self.medium(path), self.entry(path)
        if found is None or entry is None or entry.folder:
            raise PathRefused("not-found")
        return _opened(self._data, *found)

    def _indexed(self, path: str) -> tuple[_Index, str] | None:
        found = self.medium(path)
        if found is None:
            return None
        medium, inner = found
        index = self._indexes.get(medium.name)
        if index is None or index.revision != medium.revision:
            try:
                index = self._indexes[medium.name] = self._read(medium)
            except SQLAlchemyError:
                return None
        return index, inner

    def _read(self, medium: Medium) -> _Index:
        files = t.medium_file
        with self._store.site.read() as connection:
            at = connection.execute(select(t.medium.c.imported_at).where(t.medium.c.name == medium.name)).scalar()
            rows = connection.execute(select(files.c.path, files.c.size).where(files.c.medium == medium.name)).all()
        sizes = {str(path): int(size) for path, size in rows}
        return _Index(medium.revision, int(at or 0), sizes, _folders(sizes))


def _folders(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    inside: dict[str, set[str]] = {"": set()}
    for path in paths:
        while True:
            folder, _, name = path.rpartition("/")
            known = folder in inside
            inside.setdefault(folder, set()).add(name)
            if known:
                break
            path = folder
    return {folder: tuple(sorted(names)) for folder, names in inside.items()}


def _opened(data: Path, medium: Medium, path: str) -> OpenFile:
    folder = Path(medium.place) if medium.lies is Lies.IN_PLACE else data / "media" / medium.folder
    try:
        root = Root(folder)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        raise PathRefused("not-found") from None
    try:
        return root.open(path)
    finally:
        root.close()

"""Where the files of media lie: a medium and a path in it become an open file, whether it was copied here, lies in the administrator's
own folder, or is a run of bytes in an image.

Everybody who gives media away takes them from here: HTTP, TFTP, FTP and the loaders. They send the `size` bytes behind `base`
(`OpenFile.read`, or sendfile with `base` added to the offset). NFS cannot: a kernel or Ganesha exports folders, and an image has none.
What checks media opens them by `repo/opening.py`, which tells one damage from another.

What was copied lies in a folder that is ours alone. Of the other two the manifest says what may be seen: a file that is not in it is
not there, one of another size is refused, and so is every file of an image that is not the one that was read: its size, its time of
change or its inode is another. Refuses to know protocols, and what the files mean.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pxeserve.domain.medium import Lies, Medium
from pxeserve.paths import OpenFile, PathRefused, Root, parts
from pxeserve.store import Store, media

CHANGED = "changed"
"""`PathRefused.reason` of a file that is not what was imported."""

_MOST_ROOTS = 64


class Stamp(NamedTuple):
    """What the file system said of a file when it was read: by this it is known again."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, descriptor: int) -> Stamp:
        """That of an open file. Raises OSError."""
        found = os.fstat(descriptor)
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    @classmethod
    def read(cls, text: str) -> Stamp | None:
        """The stamp that `text` says; None when it says none."""
        try:
            return cls(*(int(part) for part in text.split(":")))
        except (ValueError, TypeError):
            return None

    def same_content(self, file: OpenFile) -> bool:
        """Whether `file` is the one that was read. Not by its device, which has another number after a restart, nor by the time at which
        its rights or its name were changed."""
        return (self.inode, self.size, self.mtime_ns) == (file.inode, file.behind, file.mtime_ns)

    def __str__(self) -> str:
        return ":".join(str(number) for number in self)


@dataclass(frozen=True, slots=True)
class Place:
    """Where one file of a medium lies: `size` bytes, in an image from `offset` on; `stamp` is of the file, or of the image."""

    size: int
    offset: int
    stamp: Stamp | None


@dataclass(frozen=True, slots=True)
class _Index:
    revision: str
    moment: object
    files: Mapping[str, Place]


class Shelf:
    """The media beneath the data folder `data`, and those that lie elsewhere. May be asked from several threads."""

    def __init__(self, store: Store, data: Path) -> None:
        self._store = store
        self._data = data
        self._lock = threading.Lock()
        self._roots: OrderedDict[str, Root] = OrderedDict()
        self._indexes: dict[str, _Index] = {}

    def open(self, medium: Medium, path: str) -> OpenFile:
        """The file at `path` of `medium`. Raises PathRefused: `changed` when it is not what was imported; OSError only when the system
        is out of something, SQLAlchemyError when the store cannot be asked what is in the medium."""
        if medium.lies is Lies.COPIED:
            with self._lock:
                return self._copied(medium.folder, path)
        name = b"/".join(parts(path)).decode(errors="surrogateescape")
        place = self.files(medium).get(name)
        if place is None:
            raise PathRefused("not-found")
        if medium.lies is Lies.IN_PLACE:
            return self._in_place(medium, name, place)
        return self._in_image(medium, name, place)

    def where(self, medium: Medium, path: str) -> str:
        """The path on disk of what `open` opens: to see whether it is still the same, never to open it."""
        match medium.lies:
            case Lies.COPIED:
                return f"{self._data}/media/{medium.folder}/{path}"
            case Lies.IN_PLACE:
                return f"{medium.place}/{path}"
            case Lies.IMAGE:
                return medium.place

    def files(self, medium: Medium) -> Mapping[str, Place]:
        """What `medium` holds, by path. Read once a revision, and again only when somebody looks for what has changed."""
        index = self._indexes.get(medium.name)
        if index is None or index.revision != medium.revision:
            index = self._read(medium)
        return index.files

    def close(self) -> None:
        """Let go of the folders that are kept open."""
        with self._lock:
            for root in self._roots.values():
                root.close()
            self._roots.clear()

    def _in_place(self, medium: Medium, name: str, place: Place) -> OpenFile:
        file = _elsewhere(Path(medium.place), name)
        if file.size != place.size:
            file.close()
            raise PathRefused(CHANGED)
        return file

    def _in_image(self, medium: Medium, name: str, place: Place) -> OpenFile:
        image = _elsewhere(Path(medium.place).parent, Path(medium.place).name)
        try:
            if place.stamp is None or not place.stamp.same_content(image):
                place = self._again(medium, name)
                if place.stamp is None or not place.stamp.same_content(image):
                    raise PathRefused(CHANGED)
            return image.part(place.offset, place.size)
        except BaseException:
            image.close()
            raise

    def _again(self, medium: Medium, name: str) -> Place:
        """The place as the store has it now: a check of every byte may have found the image right since it was last asked."""
        index = self._indexes.get(medium.name)
        if index is None or index.moment != self._store.site.moment():
            index = self._read(medium)
        place = index.files.get(name)
        if place is None:
            raise PathRefused("not-found")
        return place

    def _read(self, medium: Medium) -> _Index:
        moment = self._store.site.moment()
        with self._store.site.read() as connection:
            rows = media.files(connection, medium.name)
        index = _Index(medium.revision, moment, {row.path: Place(row.size, row.offset, Stamp.read(row.stamp)) for row in rows})
        self._indexes[medium.name] = index
        return index

    def _copied(self, folder: str, path: str) -> OpenFile:
        """A medium that was removed and imported again lies in another folder of the same name: what is kept open is then an empty one."""
        kept = self._roots.get(folder)
        try:
            return self._kept(folder).open(path)
        except PathRefused as refused:
            if kept is None or refused.reason != "not-found" or kept.lies_at(self._data / "media" / folder):
                raise
            self._roots.pop(folder).close()
            return self._kept(folder).open(path)

    def _kept(self, folder: str) -> Root:
        kept = self._roots.get(folder)
        if kept is not None:
            self._roots.move_to_end(folder)
            return kept
        root = self._roots[folder] = _root(self._data / "media" / folder)
        while len(self._roots) > _MOST_ROOTS:
            self._roots.popitem(last=False)[1].close()
        return root


def _elsewhere(folder: Path, name: str) -> OpenFile:
    """A file in a folder that is not ours: found anew each time, as others may put another folder in its place, but no link to one."""
    root = _root(folder, Root.without_links)
    try:
        return root.open(name)
    finally:
        root.close()


def _root(folder: Path, opened: Callable[[Path], Root] = Root) -> Root:
    try:
        return opened(folder)
    except (FileNotFoundError, NotADirectoryError):
        raise PathRefused("not-found") from None
    except PermissionError:
        raise PathRefused("denied") from None

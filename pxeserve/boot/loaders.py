"""The table of loaders: which boot loader this server can give to which firmware, and where its files lie.

A medium that ships a whole set of its own is booted with that; every other machine gets the set that was imported.
Refuses to know who boots what. Only BIOS has loaders in this release.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pxeserve.boot import syslinux
from pxeserve.domain.client import Firmware
from pxeserve.domain.decide import Loader, Site
from pxeserve.domain.medium import Medium
from pxeserve.paths import OpenFile, PathRefused, Root
from pxeserve.store import Store, inventory
from pxeserve.store.loaders import LoaderSet, sets

FOLDER = "loaders"
GET_THEM = "apt install pxelinux syslinux-common, then pxeserve loaders import"
"""The command that brings the missing loaders."""

_MEDIUM_SET = "medium-"
_MEDIUM_FOLDERS = ("boot/pxelinux", "boot/isolinux", "isolinux")
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class _Known:
    """What one revision of the inventory holds: imported sets, the newest first, and media."""

    revision: int
    imported: dict[str, LoaderSet]
    media: dict[str, Medium]


class Loaders:
    """The loaders beneath `data`, as `store` tells of them. One per process; cheap to ask, notices imports by itself."""

    def __init__(self, store: Store, data: Path) -> None:
        self._store = store
        self._data = data
        self._roots: dict[str, Root] = {}
        self._own: dict[str, str] = {}
        self._known: _Known | None = None

    def site_for(self, medium: Medium | None, dhcp_mode: str) -> Site:
        """What the server can offer to a machine whose profile names `medium`."""
        known = self._current()
        if medium is not None and self._own_folder(medium):
            loader = Loader(f"{_MEDIUM_SET}{medium.name}", syslinux.FIRST, f"medium {medium.name}")
            return Site({Firmware.BIOS: loader}, {}, dhcp_mode)
        for one in known.imported.values():
            return Site({Firmware.BIOS: Loader(one.name, syslinux.FIRST, one.origin)}, {}, dhcp_mode)
        return Site({}, {Firmware.BIOS: f"no boot loader for bios firmware has been imported: {GET_THEM}"}, dhcp_mode)

    def open(self, set_name: str, file: str) -> OpenFile:
        """A loader's file, open. Raises PathRefused when the set or the file is none of ours."""
        known = self._current()
        if file not in syslinux.FILES:
            raise PathRefused("not-found")
        if set_name.startswith(_MEDIUM_SET):
            medium = known.media.get(set_name.removeprefix(_MEDIUM_SET))
            folder = self._own_folder(medium) if medium else ""
            if not folder:
                raise PathRefused("not-found")
            return self._root("media").open(f"{folder}/{file}")
        one = known.imported.get(set_name)
        if one is None or not one.has(file):
            raise PathRefused("not-found")
        return self._root(FOLDER).open(f"{one.name}/{file}")

    def default_set(self) -> str | None:
        """The set for a machine that names none, as one configured by hand does."""
        return next(iter(self._current().imported), None)

    def _current(self) -> _Known:
        with self._store.site.read() as connection:
            revision = inventory.revision(connection)
            if self._known is None or self._known.revision != revision:
                imported = {one.name: one for one in sets(connection)}
                self._known = _Known(revision, imported, {medium.name: medium for medium in inventory.media(connection)})
        return self._known

    def _root(self, name: str) -> Root:
        root = self._roots.get(name)
        if root is None:
            try:
                root = Root(self._data / name)
            except OSError:
                raise PathRefused("not-found") from None
            self._roots[name] = root
        return root

    def _own_folder(self, medium: Medium) -> str:
        """The folder, beneath `media/`, of the medium's own whole set; "" when it ships none. A revision's answer never changes."""
        key = f"{medium.folder} {medium.revision}"
        if key not in self._own:
            places = (f"{medium.folder}/{folder}" for folder in _MEDIUM_FOLDERS)
            self._own[key] = next((place for place in places if self._is_set(place)), "")
        return self._own[key]

    def _is_set(self, place: str) -> bool:
        files: dict[str, bytes] = {}
        for name in syslinux.FILES:
            try:
                file = self._root("media").open(f"{place}/{name}")
            except PathRefused:
                continue
            try:
                if file.size <= _LARGEST:
                    files[name] = _content(file)
            finally:
                file.close()
        try:
            syslinux.build_of(files)
        except syslinux.NotASetError:
            return False
        return True


def _content(file: OpenFile) -> bytes:
    blocks = []
    offset = 0
    while block := os.pread(file.fd, 1 << 16, offset):
        blocks.append(block)
        offset += len(block)
    return b"".join(blocks)

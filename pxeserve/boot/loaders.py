"""Which boot loader this server can give to which firmware, and where its files lie: the table of loaders met with what is here.

A medium that ships a whole set of its own is booted with that; every other machine gets the set that was imported.
Refuses to know who boots what.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pxeserve.boot import grubimage, syslinux, table
from pxeserve.boot.entry import Load
from pxeserve.boot.exits import Leave
from pxeserve.boot.table import Family, Row
from pxeserve.domain.client import Firmware
from pxeserve.domain.decide import Loader, Site
from pxeserve.domain.host import Profile
from pxeserve.domain.medium import Lies, Medium
from pxeserve.paths import OpenFile, PathRefused, Root, Roots
from pxeserve.shelf import Shelf
from pxeserve.store import Store, inventory
from pxeserve.store.loaders import LoaderSet, sets

FOLDER = "loaders"
GET_THEM = "apt install pxelinux syslinux-common, then pxeserve loaders import"
GET_GRUB = "apt install grub-common grub-efi-amd64-bin, then pxeserve loaders import"
"""The commands that bring missing loaders."""

SCRIPTS, SCRIPTS_UEFI = "ipxe", "ipxe-uefi"
"""Sets that have no files: what iPXE is given is computed, for a BIOS and for UEFI."""

_MEDIUM_SET = "medium-"
_MEDIUM_FOLDERS = ("boot/pxelinux", "boot/isolinux", "isolinux")
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class _Known:
    """What one revision of the inventory holds: imported sets, the newest first, and media."""

    revision: int
    imported: dict[str, LoaderSet]
    media: dict[str, Medium]
    sites: dict[tuple[Load, bool, str], Site] = field(default_factory=dict)
    """What was found for machines that boot nothing of a medium's, which no file of one decides."""
    says: dict[str, bool] = field(default_factory=dict)
    """Which sets have a GRUB that says a serial number, as far as somebody has asked."""


class Loaders:
    """The loaders beneath `data`, as `store` tells of them, in a server of this `mode` with this `[boot] idle`.

    One per process; cheap to ask, notices imports by itself.
    """

    def __init__(self, store: Store, data: Path, mode: str = "server", idle: str = "auto") -> None:
        self._store = store
        self._data = data
        self._mode = mode
        self._silent = table.silent(idle, mode)
        self._shelf = Shelf(store, data)
        self._roots = Roots()
        self._own: dict[str, str] = {}
        self._known: tuple[object, _Known] | None = None
        """With its moment, put down together, for any number of threads."""

    def site_for(self, medium: Medium | None, profile: Profile | None = None) -> Site:
        """What the server can offer to a machine that would boot `medium`, or the plain files of `profile`."""
        load = table.load_of(medium, profile.plain if profile else None)
        secure = profile is not None and profile.words.secure_boot == "yes"
        leave = profile.words.leave if profile is not None else ""
        if medium is not None:
            return self._site(load, medium, leave, secure=secure)
        sites = self._current().sites
        if (load, secure, leave) not in sites:
            sites[load, secure, leave] = self._site(load, None, leave, secure=secure)
        return sites[load, secure, leave]

    def _site(self, load: Load, medium: Medium | None, leave: str, *, secure: bool) -> Site:
        loaders: dict[Firmware, Loader] = {}
        missing: dict[Firmware, str] = {}
        for firmware in Firmware:
            found = self._choose(firmware, load, medium, secure=secure)
            if isinstance(found, Loader):
                loaders[firmware] = found
            else:
                missing[firmware] = found
        if leave == Leave.SILENT:
            return Site(loaders, missing, dict.fromkeys(Firmware, table.SILENT_BY_PROFILE))
        return Site(loaders, missing, self._silent)

    def site_of(self, firmware: Firmware, set_name: str | None, medium: Medium | None, profile: Profile | None) -> Site:
        """The same for a machine whose loader asks already, from whichever set or by hand: only what the table refuses is refused."""
        load = table.load_of(medium, profile.plain if profile else None)
        row = table.row(firmware, load, self._mode)
        if row is None or row.family is None:
            return Site({}, {firmware: row.because if row else "no such firmware"})
        return Site({firmware: Loader(set_name or "none", row.file, "it asks already", row.http, row.because)})

    def open(self, set_name: str, file: str) -> OpenFile:
        """A loader's file, open. Raises PathRefused when the set or the file is none of ours."""
        known = self._current()
        if set_name.startswith(_MEDIUM_SET):
            medium = known.media.get(set_name.removeprefix(_MEDIUM_SET))
            if medium is None:
                raise PathRefused("not-found")
            if file == table.VENDOR_FILE:
                return self._shelf.open(medium, file)
            folder = self._own_folder(medium)
            if file not in syslinux.FILES or not folder:
                raise PathRefused("not-found")
            return self._shelf.open(medium, f"{folder}/{file}")
        one = known.imported.get(set_name)
        if one is None or not one.has(file):
            raise PathRefused("not-found")
        return self._imported().open(f"{one.name}/{file}")

    def modules(self, set_name: str | None, wanted: str) -> frozenset[str]:
        """`wanted`, if it lies beside the pxelinux.0 of this set, or of the one that a machine gets which names none."""
        found = set_name or self.default_set()
        try:
            self.open(found or "", wanted).close()
        except PathRefused:
            return frozenset()
        return frozenset({wanted})

    def default_set(self, file: str = syslinux.FIRST) -> str | None:
        """The set that gives `file` to a machine that names none, as one configured by hand does."""
        beside = syslinux.FIRST if file in syslinux.FILES else file
        return next((one.name for one in self._current().imported.values() if one.has(beside)), None)

    def grub_for(self, set_name: str) -> str:
        """The image with which iPXE on UEFI goes on to a hypervisor, in the set its script was named in; "" when there is none."""
        one = self._current().imported.get(set_name)
        return grubimage.X64 if one is not None and one.has(grubimage.X64) else ""

    def grub_says_serial(self, set_name: str | None) -> bool:
        """Whether the GRUB of this set, or of the one that a machine gets which names none, can say its machine's serial number."""
        name, says = set_name or self.default_set(grubimage.X64) or "", self._current().says
        if name not in says and name in self._current().imported:
            try:
                file = self.open(name, grubimage.X64)
            except PathRefused:
                return False
            try:
                says[name] = grubimage.says_serial(content(file))
            finally:
                file.close()
        return says.get(name, False)

    def _choose(self, firmware: Firmware, load: Load, medium: Medium | None, *, secure: bool) -> Loader | str:
        row = table.row(firmware, load, self._mode)
        if row is None:
            return f"no boot loader for {firmware} firmware is served by this release"
        if row.family is None:
            return row.because
        if secure and load is not Load.OWN_DISK and not row.signed:
            return table.SECURE_BOOT.format(file=row.file)
        return self._found(row, load, medium)

    def _found(self, row: Row, load: Load, medium: Medium | None) -> Loader | str:
        imported = self._current().imported
        match row.family:
            case Family.SYSLINUX:
                if medium is not None and self._own_folder(medium):
                    return Loader(f"{_MEDIUM_SET}{medium.name}", row.file, f"medium {medium.name}", row.http, row.because)
                get, wanted = GET_THEM, row.file
            case Family.VENDOR:
                assert medium is not None
                if self._has(medium, row.file):
                    return Loader(f"{_MEDIUM_SET}{medium.name}", row.file, f"medium {medium.name}", row.http, row.because)
                return f"medium {medium.name} lacks {row.file}, and nothing else can load its hypervisor; import it again, whole"
            case Family.IPXE if Firmware.IPXE in row.firmware or load in (Load.LINUX, Load.OWN_DISK):
                name = SCRIPTS if Firmware.IPXE in row.firmware else SCRIPTS_UEFI
                return Loader(name, row.file, "written by pxeserve", row.http, row.because)
            case Family.IPXE:
                get, wanted = GET_GRUB, grubimage.X64
            case _:
                get, wanted = GET_GRUB, row.file
        for one in imported.values():
            if one.has(wanted):
                return Loader(one.name, row.file, one.origin, row.http, row.because)
        return f"no boot loader {wanted} has been imported: {grubimage.GET.get(wanted, get)}"

    def _current(self) -> _Known:
        moment = self._store.site.moment()
        kept = self._known
        if kept is not None and kept[0] == moment:
            return kept[1]
        known = self._read(kept[1] if kept is not None else None)
        self._known = (moment, known)
        return known

    def _read(self, before: _Known | None) -> _Known:
        with self._store.site.read() as connection:
            revision = inventory.revision(connection)
            if before is not None and before.revision == revision:
                return before
            imported = {one.name: one for one in sets(connection)}
            return _Known(revision, imported, {medium.name: medium for medium in inventory.media(connection)})

    def _imported(self) -> Root:
        try:
            return self._roots.of(self._data / FOLDER)
        except OSError:
            raise PathRefused("not-found") from None

    def _has(self, medium: Medium, path: str) -> bool:
        try:
            self._shelf.open(medium, path).close()
        except PathRefused:
            return False
        return True

    def _own_folder(self, medium: Medium) -> str:
        """The folder of the medium's own whole set; "" when it ships none. A revision's answer never changes, but what was not copied may
        be out of reach for a while."""
        key = f"{medium.folder} {medium.revision}"
        if key in self._own:
            return self._own[key]
        found = next((folder for folder in _MEDIUM_FOLDERS if self._is_set(medium, folder)), "")
        if found or medium.lies is Lies.COPIED:
            self._own[key] = found
        return found

    def _is_set(self, medium: Medium, folder: str) -> bool:
        files: dict[str, bytes] = {}
        for name in syslinux.FILES:
            try:
                file = self._shelf.open(medium, f"{folder}/{name}")
            except PathRefused:
                continue
            try:
                if file.size <= _LARGEST:
                    files[name] = content(file)
            finally:
                file.close()
        try:
            syslinux.build_of(files)
        except syslinux.NotASetError:
            return False
        return True


@lru_cache(maxsize=4)
def loaders_of(store: Store, data: Path, mode: str, idle: str) -> Loaders:
    """The one of this process for these: what is asked one after the other looks into each medium once."""
    return Loaders(store, data, mode, idle)


def content(file: OpenFile) -> bytes:
    """All bytes of an open file."""
    blocks = []
    offset = 0
    while block := file.read(1 << 16, offset):
        blocks.append(block)
        offset += len(block)
    return b"".join(blocks)

"""Boot loaders: whether those that were imported are whole and of one build, and whether each machine that was heard has one.

Sources: boot/table.py; SYSLINUX refuses modules of another build ("failed to load ldlinux.c32"); docs/loaders.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pxeserve.boot import grubimage, syslinux
from pxeserve.boot.loaders import FOLDER, GET_THEM, Loaders
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.domain.client import ARCHITECTURES, Firmware
from pxeserve.snapshot import Snapshot, SnapshotSource
from pxeserve.store import Store
from pxeserve.store import events as stored
from pxeserve.store.loaders import LoaderSet, sets

_LARGEST = 16 << 20
_EVENTS = 5000

_NONE = Fault(
    "none",
    Grade.STOPS,
    "no boot loaders have been imported",
    "neither a BIOS nor a UEFI machine can be given one, unless its medium ships its own",
    "{get}",
)
_MISSING = Fault(
    "file-missing",
    Grade.STOPS,
    "{file} of the set {set} is gone, or cannot be read",
    "machines that are led to this set get error 1, file not found: PXE-E3B",
    "pxeserve loaders import",
)
_CHANGED = Fault(
    "file-changed",
    Grade.STOPS,
    "{file} of the set {set} is not the file that was imported",
    "a loader that was changed or cut short hangs before its menu, and nobody vouches for what it does",
    "pxeserve loaders import",
)
_MIXED = Fault(
    "mixed-builds",
    Grade.STOPS,
    "the set {set} is no whole set: {why}",
    "pxelinux.0 stops with \"failed to load ldlinux.c32\", or boots again and again",
    "pxeserve loaders import takes all files from one build",
)
_IMAGE = Fault(
    "image",
    Grade.STOPS,
    "{file} of the set {set} cannot be used: {why}",
    "UEFI machines that get it stop at a GRUB prompt",
    "apt install --reinstall grub-common grub-efi-amd64-bin, then pxeserve loaders import",
)
_FIRMWARE = Fault(
    "firmware",
    Grade.HARMS,
    "no boot loader for {firmware}, with which {who} asked: {why}",
    "the machine gets no boot file and goes on to its own disk",
    "{why}",
)


def look(around: Around) -> Seen:
    """The files, then the machines."""
    store = around.store
    if store is None:
        yield Blind("loaders are known to the service's state, which is not at hand")
        return
    with store.site.read() as connection:
        imported = sets(connection)
    if not imported:
        yield _NONE.found("loaders", get=GET_THEM)
    for one in imported:
        yield from _files(around.data / FOLDER / one.name, one)
    yield from _machines(around, store)


def _files(folder: Path, one: LoaderSet) -> Iterator[Finding]:
    content: dict[str, bytes] = {}
    whole = True
    for file in one.files:
        where = f"loaders/{one.name}/{file.name}"
        try:
            with (folder / file.name).open("rb") as opened:
                content[file.name] = opened.read(_LARGEST)
        except OSError:
            whole = False
            yield _MISSING.found(where, file=file.name, set=one.name)
            continue
        if hashlib.sha256(content[file.name]).hexdigest() != file.sha256:
            whole = False
            yield _CHANGED.found(where, file=file.name, set=one.name)
    yield from _builds(one, content, whole=whole)


def _builds(one: LoaderSet, content: dict[str, bytes], *, whole: bool) -> Iterator[Finding]:
    """Whether the files fit each other; looked at too where they are those that were imported, as older releases took what they got."""
    if syslinux.FIRST in content:
        try:
            syslinux.build_of({name: data for name, data in content.items() if name in syslinux.FILES})
        except syslinux.NotASetError as error:
            yield _MIXED.found(f"loaders/{one.name}", set=one.name, why=error)
    for name, data in content.items():
        if name in grubimage.FILES and whole:
            try:
                grubimage.check(data)
            except grubimage.ImageError as error:
                yield _IMAGE.found(f"loaders/{one.name}/{name}", file=name, set=one.name, why=error)


def _machines(around: Around, store: Store) -> Iterator[Finding]:
    """Everybody whose firmware was heard, with what it would boot."""
    snapshot = SnapshotSource(store).current()
    loaders = Loaders(store, around.data, around.config.dhcp.mode, around.config.boot.idle)
    strangers: dict[Firmware, list[str]] = {}
    for mac, firmware in heard(store).items():
        host = snapshot.by_mac.get(mac)
        if host is None:
            strangers.setdefault(firmware, []).append(mac)
            continue
        why = loaders.site_for(snapshot.medium_of(host), snapshot.profile_of(host)).missing_loader.get(firmware)
        if why:
            yield _FIRMWARE.found(host.name, firmware=firmware.value, who=f"host {host.name}", why=why)
    missing = loaders.site_for(None).missing_loader
    for firmware, macs in strangers.items():
        if firmware in missing:
            who = f"{len(macs)} unknown machines, such as {macs[0]}"
            yield _FIRMWARE.found(firmware.value, firmware=firmware.value, who=who, why=missing[firmware])


def heard(store: Store) -> dict[str, Firmware]:
    """The firmware that each machine said last, by its MAC, the one heard last first; rehearsals' too."""
    found: dict[str, Firmware] = {}
    with store.events.read() as connection:
        for _, mac, _, (said,) in stored.facts(connection, stored.Wanted(kind="dhcp"), ("arch",), _EVENTS):
            arch = str(said)
            known = ARCHITECTURES.get(int(arch)) if arch.isascii() and arch.isdigit() else None
            if mac and known is not None and known.firmware is not None:
                found.setdefault(mac, known.firmware)
    return found


def known_hosts(snapshot: Snapshot, store: Store) -> dict[str, Firmware]:
    """The same by the names of hosts."""
    return {snapshot.by_mac[mac].name: firmware for mac, firmware in heard(store).items() if mac in snapshot.by_mac}


CHECK = Check(
    "loaders",
    "imported boot loaders: missing, changed, of other builds; and one for each firmware that was heard",
    "boot/table.py; docs/loaders.md",
    (_NONE, _MISSING, _CHANGED, _MIXED, _IMAGE, _FIRMWARE),
    look,
    needs_state=True,
)

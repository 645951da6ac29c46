"""Faults of what is served: loaders, media, NFS and FTP; and what was counted."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from pxeserve.boot import grubimage
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Seen
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.medium import BootFiles, Lies, Medium, MediumState
from pxeserve.domain.pool import Member, Pool
from pxeserve.recovery.backups.vault import new_id
from pxeserve.repo.exported import State as NfsState
from pxeserve.store import Store, backups, inventory, pools
from pxeserve.store import events as stored
from pxeserve.store import loaders as stored_loaders
from pxeserve.store import tables as t
from pxeserve.store.backups import BackupRow
from tests.doctor.conftest import NOW, Make
from tests.doctor.shown import MAC, Shown, looked, told

shows = Shown()


def imported(make: Make, store: Store, files: dict[str, bytes], **lying: bytes | None) -> Around:
    """A set that was imported as `files`; what lies there is that, but for `lying` (None: nothing)."""
    around = make(store=store)
    folder = around.data / "loaders/debian"
    folder.mkdir(parents=True)
    rows = [stored_loaders.LoaderFile(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()]
    with store.site.write() as connection:
        stored_loaders.put(connection, "debian", "a test", NOW, rows)
    for name, data in {**files, **{name.replace("_", "."): data for name, data in lying.items()}}.items():
        if data is not None:
            (folder / name).write_bytes(data)
    return around


@shows("loaders/none", "loaders/firmware")
def _(make: Make, store: Store, folder: Path) -> Seen:
    told(store, {"kind": "dhcp.discover", "mac": MAC, "data": {"arch": "7"}})
    return looked("loaders", make(store=store))


@shows("loaders/file-missing", "loaders/file-changed", "loaders/mixed-builds")
def _(make: Make, store: Store, folder: Path) -> Seen:
    elf = b"\x7fELF"
    files = {"pxelinux.0": b"PXELINUX 6.04 ", "mboot.c32": elf, "ldlinux.c32": elf + b" syslinux-6.03/core/", "libcom32.c32": elf}
    return looked("loaders", imported(make, store, files, mboot_c32=b"\x7fELF other", libcom32_c32=None))


@shows("loaders/image")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("loaders", imported(make, store, {grubimage.X64: b"MZ and no gap"}))


def medium(**more: Any) -> Medium:
    given = {
        "name": "xs9", "folder": "xs9@1", "format": "yum", "product": "XenServer", "version": "9", "build": "1", "dialect": "xs9",
        "revision": "r1", "boot": BootFiles("boot/xen.efi", "boot/vmlinuz", "install.img"),
    }  # fmt: skip
    return Medium(**{**given, **more})


def shelved(store: Store, *media: Medium) -> None:
    """Rows of media, as an import leaves them."""
    with store.site.write() as connection:
        for one in media:
            boot = {"xen": one.boot.xen, "kernel": one.boot.kernel, "initrd": one.boot.initrd} if one.boot else None
            names = ("name", "folder", "format", "product", "version", "build", "dialect", "revision")
            plain = {name: getattr(one, name) for name in names}
            connection.execute(
                insert(t.medium).values(
                    **plain, boot=boot, repositories=[], state=one.state.value, state_reason=one.state_reason, origin="a test",
                    imported_at=NOW, lies=one.lies.value, place=one.place,
                )
            )  # fmt: skip
        inventory.raise_revision(connection)


def armed(store: Store, name: str, mac: str, medium_name: str, revision: str) -> None:
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile(f"p-{name}", medium_name, None, {}))
        number = inventory.put_host(connection, Host(0, name, (mac,), f"p-{name}"))
        connection.execute(
            insert(t.install).values(
                id=f"i-{name}", host_id=number, mode="fresh", interactive=False, wants_answerfile=True, state="armed", version=1,
                armed_by="root", armed_at=NOW, armed_boot_id="b", armed_boottime=1.0, expires=NOW + 3600, medium=medium_name,
                medium_revision=revision,
            )
        )  # fmt: skip


@shows("media/damaged", "media/out-of-reach", "media/armed-unfit", "media/armed-no-loader")
def _(make: Make, store: Store, folder: Path) -> Seen:
    away = medium(name="away", folder="away@1", lies=Lies.IN_PLACE, place=str(folder / "gone"))
    shelved(store, medium(), medium(name="bad", folder="bad@1", state=MediumState.DAMAGED, state_reason="a package is cut short"), away)
    armed(store, "xen01", MAC, "xs9", "r1")
    armed(store, "xen02", "52:54:00:77:00:02", "bad", "r1")
    told(store, {"kind": "dhcp.discover", "mac": MAC, "data": {"arch": "0"}})
    return looked("media", make(store=store))


@shows("backups/overdue", "backups/none", "backups/damaged", "backups/key")
def _(make: Make, store: Store, folder: Path) -> Seen:
    shelved(store, medium())
    armed(store, "xen01", MAC, "xs9", "r1")
    armed(store, "xen02", "52:54:00:77:00:02", "xs9", "r1")
    with store.site.write() as connection:
        late = pools.save(connection, Pool("late", "xen01", (Member("xen01"),)))
        pools.save(connection, Pool("bare", "xen02", (Member("xen02"),)))
        backups.add(connection, BackupRow(new_id(), late, "database", NOW - 3 * 86_400, 1, "", "good", {}, "a test"))
        spoilt = BackupRow(new_id(), late, "database", NOW - 86_400, 1, "", "damaged", {}, "a test", because="its head is cut")
        backups.add(connection, spoilt)
    return looked("backups", make(store=store))


NFS = {"nfs": {"enabled": True}}


@shows("publishing/ganesha-missing", "publishing/no-rpcbind")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(config=NFS)
    (around.root / "proc/net/tcp").write_text("head\n")
    return looked("publishing", around)


@shows("publishing/not-served", "publishing/left-out", "publishing/nfs-port")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(config={"nfs": {"enabled": True, "port": 2050}}, serving=True)
    (around.root / "proc/net/tcp").write_text("head\n")
    (around.root / "usr/bin").mkdir(parents=True)
    (around.root / "usr/bin/ganesha.nfsd").touch(0o755)
    (around.data / "run/nfs").mkdir(parents=True)
    NfsState("failed", "it ended with 2", refused={"xs9": "it lies in an image"}).write(around.data)
    return looked("publishing", around)


@shows("publishing/kernel-exports")
def _(make: Make, store: Store, folder: Path) -> Seen:
    around = make(config={"nfs": {"enabled": True, "server": "kernel"}})
    (around.root / "proc/net/tcp").write_text("head\n 0: 00000000:0801 00000000:0000 0A 0:0 0:0 0 0 0 9 2\n")
    return looked("publishing", around)


@shows("publishing/ftp-port", "publishing/few-ftp-ports", "publishing/crossed-ports")
def _(make: Make, store: Store, folder: Path) -> Seen:
    return looked("publishing", make(config={"ftp": {"enabled": True, "port": 40021, "passive_ports": "41000-41009"}}))


@shows("counters/grown")
def _(make: Make, store: Store, folder: Path) -> Seen:
    with store.events.write() as connection:
        stored.add_counts(connection, {(int(NOW) // 60 - 5, "tftp", "lost-event"): 2})
    return looked("counters", make(store=store))

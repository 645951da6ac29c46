"""Where loaders come from and which are given: a medium's own whole set, then the imported one, never a mixture."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert

from pxeserve.boot import gather
from pxeserve.boot.loaders import GET_THEM, Loaders
from pxeserve.config import Config
from pxeserve.domain.client import Firmware
from pxeserve.domain.medium import BootFiles, Lies, Medium
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.media.loaders import import_loaders, list_loaders
from pxeserve.paths import PathRefused
from pxeserve.shelf import Stamp
from pxeserve.store import Store, audit, inventory, open_store
from pxeserve.store import media as stored_media
from pxeserve.store import tables as t
from pxeserve.store.media import FileRow

ELF = b"\x7fELF" + bytes(64)
COM32R = b"\xb8\xfe\x4c\xcd\x21" + bytes(64)
SET_6 = {"pxelinux.0": b"PXELINUX 6.04 PXE", "mboot.c32": ELF, "ldlinux.c32": ELF, "libcom32.c32": ELF, "menu.c32": ELF}
SET_4 = {"pxelinux.0": b"PXELINUX 4.05 2011", "mboot.c32": COM32R}
MEDIUM = Medium(
    "xs65", "xs65-1", "xml", "XenServer", "6.5.0", "1", "6.5", "r" * 64, BootFiles("boot/xen.gz", "boot/vmlinuz", "install.img")
)


def lay(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(data: Path) -> Store:
    return open_store(data, migrate=True)


@pytest.fixture
def context(data: Path, store: Store) -> Context:
    return Context(Config.model_validate({"server": {"data": str(data)}}), store, Actor("root"), lambda _: None)


def add_medium(store: Store, data: Path, files: dict[str, bytes], medium: Medium = MEDIUM, folder: str = "boot/pxelinux") -> Medium:
    lay(data / "media" / medium.folder / folder, files)
    row = {
        "name": medium.name, "folder": medium.folder, "format": medium.format, "product": medium.product, "version": medium.version,
        "build": medium.build, "dialect": medium.dialect, "revision": medium.revision, "boot": None, "repositories": [],
        "state": "good", "origin": "test", "imported_at": 0.0,
    }  # fmt: skip
    with store.site.write() as connection:
        connection.execute(insert(t.medium).values(row))
        inventory.raise_revision(connection)
    return medium


def read(loaders: Loaders, set_name: str, file: str) -> bytes:
    opened = loaders.open(set_name, file)
    try:
        return opened.read(opened.size, 0)
    finally:
        opened.close()


def test_without_loaders_the_site_says_how_to_get_them(store: Store, data: Path) -> None:
    site = Loaders(store, data).site_for(None)
    assert set(site.loaders) == {Firmware.IPXE, Firmware.IPXE_UEFI}  # a script is written, not imported
    assert GET_THEM in site.missing_loader[Firmware.BIOS]


def test_an_import_is_seen_at_once_and_served(store: Store, data: Path, context: Context, tmp_path: Path) -> None:
    loaders = Loaders(store, data)
    assert loaders.default_set() is None
    answer = import_loaders(context, from_dir=lay(tmp_path / "syslinux", SET_6))
    assert answer["build"] == "6.04"
    assert sorted(answer["files"]) == sorted(SET_6)
    loader = loaders.site_for(None).loaders[Firmware.BIOS]
    assert (loader.set, loader.file) == ("folder", "pxelinux.0")
    for name, content in SET_6.items():
        assert read(loaders, "folder", name) == content


def test_an_import_that_is_not_whole_changes_nothing(store: Store, data: Path, context: Context, tmp_path: Path) -> None:
    import_loaders(context, from_dir=lay(tmp_path / "good", SET_6))
    mixed = lay(tmp_path / "mixed", {**SET_6, "mboot.c32": COM32R})
    with pytest.raises(PxeserveError, match=r"mboot\.c32 is of a SYSLINUX before 5"):
        import_loaders(context, from_dir=mixed)
    assert read(Loaders(store, data), "folder", "mboot.c32") == ELF
    assert os.listdir(data / "loaders") == ["folder"]


def test_a_store_that_fails_leaves_the_old_files(data: Path, tmp_path: Path) -> None:
    lay(data / "loaders" / "debian", {"pxelinux.0": b"old"})
    with pytest.raises(RuntimeError), gather.laid(data / "loaders", "debian", SET_6):
        raise RuntimeError("the disk is full")
    assert (data / "loaders" / "debian" / "pxelinux.0").read_bytes() == b"old"
    assert os.listdir(data / "loaders") == ["debian"]


def test_debian_packages_unpacked_side_by_side_are_found(context: Context, tmp_path: Path) -> None:
    lay(tmp_path / "root/usr/lib/PXELINUX", {"pxelinux.0": SET_6["pxelinux.0"]})
    lay(tmp_path / "root/usr/lib/syslinux/modules/bios", {name: content for name, content in SET_6.items() if name.endswith(".c32")})
    assert import_loaders(context, from_dir=tmp_path / "root")["build"] == "6.04"
    assert gather.from_debian(tmp_path / "root")[1] == SET_6


def test_a_missing_package_is_named_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(PxeserveError) as refused:
        gather.from_debian(tmp_path)
    assert "apt install pxelinux syslinux-common" in refused.value.fix


def test_listing_finds_changed_and_missing_files(data: Path, context: Context, tmp_path: Path) -> None:
    assert "apt install" in list_loaders(context)["missing"]
    import_loaders(context, from_dir=lay(tmp_path / "syslinux", SET_6))
    states = lambda: {file["name"]: file["state"] for file in list_loaders(context)["sets"][0]["files"]}  # noqa: E731
    assert set(states().values()) == {"good"}
    (data / "loaders/folder/mboot.c32").write_bytes(ELF + b"!")
    (data / "loaders/folder/menu.c32").unlink()
    assert (states()["mboot.c32"], states()["menu.c32"], states()["pxelinux.0"]) == ("changed", "missing", "good")


def test_the_import_leaves_its_line_in_the_audit(store: Store, context: Context, tmp_path: Path) -> None:
    import_loaders(context, from_dir=lay(tmp_path / "syslinux", SET_6))
    with store.site.read() as connection:
        assert connection.execute(t.audit.select()).one().action == "loaders.import"
        assert audit.broken_at(connection) is None


@pytest.mark.parametrize("folder", ["boot/pxelinux", "boot/isolinux"])
def test_a_medium_with_a_whole_set_is_booted_by_its_own(store: Store, data: Path, context: Context, tmp_path: Path, folder: str) -> None:
    import_loaders(context, from_dir=lay(tmp_path / "syslinux", SET_6))
    medium = add_medium(store, data, SET_4, folder=folder)
    loaders = Loaders(store, data)
    assert loaders.site_for(medium).loaders[Firmware.BIOS].set == "medium-xs65"
    assert read(loaders, "medium-xs65", "mboot.c32") == COM32R
    with pytest.raises(PathRefused):
        loaders.open("medium-xs65", "ldlinux.c32")


def test_a_medium_that_is_an_image_gives_its_own_set_out_of_it(store: Store, data: Path, tmp_path: Path) -> None:
    image, rows, content = tmp_path / "image", [], b"in front"
    for name, file in SET_4.items():
        rows.append((f"boot/pxelinux/{name}", len(content), len(file)))
        content += file
    image.write_bytes(content)
    with image.open("rb") as opened:
        stamp = str(Stamp.of(opened.fileno()))
    medium = replace(MEDIUM, lies=Lies.IMAGE, place=str(image))
    with store.site.write() as connection:
        stored_media.add(connection, medium, [FileRow(path, -1, "plain", size, "", "", at, stamp) for path, at, size in rows], "test", 0.0)
    loaders = Loaders(store, data)
    image.rename(tmp_path / "away")
    assert Firmware.BIOS not in loaders.site_for(medium).loaders
    (tmp_path / "away").rename(image)
    assert loaders.site_for(medium).loaders[Firmware.BIOS].set == "medium-xs65"
    assert {name: read(loaders, "medium-xs65", name) for name in SET_4} == SET_4
    image.touch()
    with pytest.raises(PathRefused, match="changed"):
        loaders.open("medium-xs65", "mboot.c32")


def test_a_medium_with_half_a_set_is_not(store: Store, data: Path, context: Context, tmp_path: Path) -> None:
    import_loaders(context, from_dir=lay(tmp_path / "syslinux", SET_6))
    medium = add_medium(store, data, {"pxelinux.0": SET_6["pxelinux.0"], "mboot.c32": ELF})
    loaders = Loaders(store, data)
    assert loaders.site_for(medium).loaders[Firmware.BIOS].set == "folder"
    with pytest.raises(PathRefused):
        loaders.open("medium-xs65", "mboot.c32")


def test_a_medium_imported_anew_is_looked_at_anew(store: Store, data: Path) -> None:
    loaders = Loaders(store, data)
    first = add_medium(store, data, {})
    assert Firmware.BIOS not in loaders.site_for(first).loaders
    second = replace(first, folder="xs65-2", revision="s" * 64)
    lay(data / "media" / "xs65-2" / "boot" / "pxelinux", SET_4)
    assert loaders.site_for(second).loaders[Firmware.BIOS].set == "medium-xs65"


@pytest.mark.parametrize("name", ["../site.db", "pxelinux.cfg", "", "/etc/passwd", "mboot.c32/../../x", "vesamenu.c32"])
def test_nothing_but_loader_files_is_opened(store: Store, data: Path, context: Context, tmp_path: Path, name: str) -> None:
    import_loaders(context, from_dir=lay(tmp_path / "syslinux", SET_6))
    for set_name in ("folder", "..", "debian", "medium-", "medium-../state"):
        with pytest.raises(PathRefused):
            Loaders(store, data).open(set_name, name)

"""Every kind of source, as it really comes: each good one is the same medium, each bad one is refused by name and leaves nothing."""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pxeserve.domain.medium import Lies, Medium
from pxeserve.errors import PxeserveError
from pxeserve.repo.imports import Wanted, import_medium
from pxeserve.repo.sample import make_sample
from pxeserve.repo.sources.iso import open_iso
from pxeserve.repo.tree import SourceError
from pxeserve.store import Store, open_store
from tests.repo.test_import import iso_of, nothing_is_left

Bring = Callable[[Path, str], Medium]
needs_xorriso = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")


@pytest.fixture
def wanted(store: Store, data: Path) -> Callable[..., Medium]:
    """Import several sources, or one that is not copied."""

    def bring(*sources: Path, name: str = "made", lies: Lies = Lies.COPIED) -> Medium:
        one = Wanted(tuple(str(source) for source in sources), name, lies)
        return import_medium(store, data, one, name, lambda *_: None, "tester", 1.0)

    return bring


# ISO images


@needs_xorriso
def test_plain_names_will_do_when_they_are_whole(tree: Path, bring: Bring) -> None:
    assert bring(iso_of(tree, "--norock", "-U"), "plain").revision == bring(tree, "folder").revision


@needs_xorriso
@pytest.mark.parametrize("names", [("-R",), ("-R", "-J")])
def test_links_and_devices_in_an_image_are_refused_by_name(store: Store, data: Path, tree: Path, bring: Bring, names: tuple[str]) -> None:
    (tree / "boot" / "passwd").symlink_to("/etc/passwd")
    with pytest.raises(SourceError, match="boot/passwd: a symbolic link"):
        bring(iso_of(tree, *names), "link")
    (tree / "boot" / "passwd").unlink()
    os.mkfifo(tree / "boot" / "pipe")
    with pytest.raises(SourceError, match="boot/pipe: a FIFO"):
        bring(iso_of(tree, *names), "pipe")
    assert nothing_is_left(store, data)


@needs_xorriso
def test_times_of_rock_ridge_that_are_not_there_are_refused(tree: Path, bring: Bring) -> None:
    """All flags of a TF entry (RRIP 1.12, section 4.1.6) that has room for three times: pycdlib reads on beyond its end."""
    image = iso_of(tree, "-R")
    spoilt = re.sub(rb"TF(.)\x01\x0e", rb"TF\1" + b"\x01\x7f", image.read_bytes(), flags=re.DOTALL)
    image.write_bytes(spoilt)
    with pytest.raises(SourceError, match="be read"):
        bring(image, "spoilt")


@needs_xorriso
def test_a_file_that_an_image_says_lies_beyond_its_end_is_refused(tree: Path, bring: Bring) -> None:
    image = iso_of(tree, "-R")
    with open_iso(image) as iso:
        entry = next(entry for entry in iso.entries() if entry.path == "install.img")
    sector = struct.pack("<I", entry.at // 2048) + struct.pack(">I", entry.at // 2048)
    content = image.read_bytes()
    assert content.count(sector) >= 1
    image.write_bytes(content.replace(sector, struct.pack("<I", 1 << 30) + struct.pack(">I", 1 << 30)))
    with pytest.raises(SourceError, match=r"cut short|install\.img lies outside of the image"):
        bring(image, "outside")


@needs_xorriso
@pytest.mark.parametrize("where", [16, 17, 18, 19, 20, 22, 24, 26])
def test_a_spoiled_image_is_refused_in_words_or_is_whole(tree: Path, bring: Bring, where: int) -> None:
    image = iso_of(tree, "-R", "-J")
    good = bring(tree, "good").revision
    with image.open("r+b") as file:
        for at in range(64, 2048, 97):
            file.seek(where * 2048 + at)
            file.write(b"\xff")
    try:
        assert bring(image, "spoiled").revision == good
    except PxeserveError as error:
        assert str(error)


@needs_xorriso
@pytest.mark.long
def test_a_file_of_more_than_4_gib_is_read_as_one(tmp_path: Path) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    with (folder / "large.bin").open("wb") as file:
        file.truncate((4 << 30) + 5_000_000)
        file.seek(4 << 30)
        file.write(b"beyond")
    for names in ("-R", "-J"):
        image = iso_of(folder, names, "-iso-level", "3")
        with open_iso(image) as iso:
            (entry,) = iso.entries()
            file = iso.open(entry)
            assert (entry.size, file.read(6, 4 << 30)) == ((4 << 30) + 5_000_000, b"beyond")
            file.close()


# several discs


@pytest.fixture
def discs(tree: Path) -> tuple[Path, Path]:
    """The sample as the two discs of a 4.1: each with its own folder of packages, and files that each disc has for itself."""
    base, linux = tree.with_name("base"), tree.with_name("linux")
    shutil.copytree(tree, base, ignore=shutil.ignore_patterns("packages.linux"))
    linux.mkdir()
    shutil.copytree(tree / "packages.linux", linux / "packages.linux")
    return base, linux


@needs_xorriso
def test_two_discs_make_the_medium_that_one_folder_would(tree: Path, discs: tuple[Path, Path], wanted: Callable[..., Medium]) -> None:
    whole = wanted(tree, name="whole").revision
    base, linux = discs
    assert wanted(base, linux, name="folders").revision == whole
    assert wanted(iso_of(base, "-R"), iso_of(linux, "-J", "-joliet-long"), name="images").revision == whole


def test_what_each_disc_has_for_itself_does_not_count(discs: tuple[Path, Path], wanted: Callable[..., Medium], data: Path) -> None:
    base, linux = discs
    (base / "EULA").write_text("the same")
    (linux / "EULA").write_text("the same")
    (base / "install.sh").write_text("of the base")
    (linux / "install.sh").write_text("of the other")
    (base / "XS-REPOSITORY-LIST").write_text("packages.a\npackages.b\n")
    (linux / "XS-REPOSITORY-LIST").write_text("packages.b\r\npackages.c\r\n")
    folder = data / "media" / wanted(base, linux).folder
    assert (folder / "install.sh").read_text() == "of the base"
    assert (folder / "XS-REPOSITORY-LIST").read_text() == "packages.a\npackages.b\npackages.c\n"


def test_different_files_of_one_name_are_refused_with_both_discs(
    store: Store, data: Path, discs: tuple[Path, Path], wanted: Callable[..., Medium]
) -> None:
    base, linux = discs
    (base / "EULA").write_text("this one")
    (linux / "EULA").write_text("that one")
    with pytest.raises(SourceError, match=f"EULA: {base} and {linux} have different files"):
        wanted(base, linux)
    assert nothing_is_left(store, data)


def test_only_one_source_can_stay_where_it_lies(discs: tuple[Path, Path], wanted: Callable[..., Medium]) -> None:
    with pytest.raises(PxeserveError, match="one folder or one image"):
        wanted(*discs, lies=Lies.IN_PLACE)


# where it lies


_AS_NOBODY = """
import os, pwd, sys
from pathlib import Path
from pxeserve.domain.medium import Lies
from pxeserve.errors import PxeserveError
from pxeserve.repo.imports import Wanted, import_medium
from pxeserve.store import open_store
data, source, lies = Path(sys.argv[1]), sys.argv[2], Lies(sys.argv[3])
store = open_store(data)
nobody = pwd.getpwnam("nobody")
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
try:
    import_medium(store, data, Wanted((source,), "x", lies), "x", lambda *_: None, "tester", 0.0)
except PxeserveError as error:
    print(error)
"""


@needs_xorriso
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("lies", Lies)
def test_what_the_services_user_cannot_read_is_said_at_import(lies: Lies) -> None:
    with tempfile.TemporaryDirectory(prefix="pxs-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        tree, data = folder / "tree", folder / "data"
        make_sample(tree)
        data.mkdir()
        open_store(data, migrate=True).close()
        source = iso_of(tree, "-R") if lies is Lies.IMAGE else tree
        closed = source if lies is Lies.IMAGE else tree / "packages.main" / "base.tar.bz2"
        closed.chmod(0o600)
        subprocess.run(["chown", "-R", "nobody", data], check=True)
        done = subprocess.run([sys.executable, "-c", _AS_NOBODY, data, source, lies], capture_output=True, text=True, check=False)
    assert f"{closed}: the service's user (uid 65534) may not read it" in done.stdout, done.stderr
    assert f"chmod o+r {closed}" in done.stdout


@pytest.mark.parametrize("lies", [Lies.COPIED, Lies.IN_PLACE])
def test_a_folder_around_the_data_folder_is_no_medium(data: Path, wanted: Callable[..., Medium], store: Store, lies: Lies) -> None:
    make_sample(data.parent / "sample")
    for part in (data.parent / "sample").iterdir():
        part.rename(data.parent / part.name)
    with pytest.raises(PxeserveError, match="holds the service's own data folder"):
        wanted(data.parent, lies=lies)
    assert nothing_is_left(store, data)


@pytest.mark.parametrize("name", ["x\x1b[2J", "x\udcff"])
def test_a_link_does_not_bring_a_place_that_cannot_be_written_down(tree: Path, wanted: Callable[..., Medium], name: str) -> None:
    place = tree.rename(tree.parent / name)
    tree.symlink_to(place)
    with pytest.raises(PxeserveError, match="no control characters"):
        wanted(tree, lies=Lies.IN_PLACE)


def test_what_lies_in_the_data_folder_is_not_published_in_place(tree: Path, data: Path, wanted: Callable[..., Medium]) -> None:
    inside = data / "tree"
    shutil.copytree(tree, inside)
    with pytest.raises(PxeserveError, match="own data folder"):
        wanted(inside, lies=Lies.IN_PLACE)


@needs_xorriso
def test_each_way_to_lie_wants_its_own_kind_of_source(tree: Path, wanted: Callable[..., Medium]) -> None:
    with pytest.raises(PxeserveError, match="--from-iso serves an ISO image, and this is none"):
        wanted(tree, lies=Lies.IMAGE)
    with pytest.raises(PxeserveError, match="--in-place serves a folder, and this is none"):
        wanted(iso_of(tree, "-R"), lies=Lies.IN_PLACE)


@needs_xorriso
def test_a_flipped_bit_is_found_wherever_it_lies(tree: Path, wanted: Callable[..., Medium], store: Store, data: Path) -> None:
    package = tree / "packages.main" / "base.tar.bz2"
    content = bytearray(package.read_bytes())
    content[1000] ^= 1
    package.write_bytes(content)
    for source, lies in ((tree, Lies.IN_PLACE), (iso_of(tree, "-R"), Lies.IMAGE)):
        with pytest.raises(PxeserveError, match=r"base\.tar\.bz2: MD5 is"):
            wanted(source, lies=lies)
    assert nothing_is_left(store, data)
    assert tree.is_dir()

"""Archives as sources: each way of packing is the same medium, and what hides, is cut or swells in one is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import subprocess
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from pxeserve.errors import PxeserveError
from pxeserve.repo.tree import SourceError
from pxeserve.store import Store
from tests.repo.archives import archive_of
from tests.repo.test_import import nothing_is_left
from tests.repo.test_sources import Bring

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": partial(gzip.compress, compresslevel=1),
    ".bz2": bz2.compress,
    ".xz": partial(lzma.compress, preset=0),
}


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("layout", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_an_archive_is_the_same_medium_as_its_folder(tree: Path, tmp_path: Path, bring: Bring, packed: str, layout: int) -> None:
    file = tmp_path / f"named-as-you-like{packed}"
    file.write_bytes(PACKERS[packed](archive_of(tree, format=layout)))
    assert bring(file, "archive").revision == bring(tree, "folder").revision


def test_the_folder_around_a_medium_does_not_belong_to_it(tree: Path, tmp_path: Path, bring: Bring) -> None:
    file = tmp_path / "around.tar.gz"
    subprocess.run(["tar", "-czf", file, "-C", tree.parent, tree.name], check=True)
    assert bring(file, "archive").revision == bring(tree, "folder").revision


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> Callable[[tarfile.TarFile], None]:
    def add(archive: tarfile.TarFile) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, link, size
        archive.addfile(member, io.BytesIO(bytes(size)))

    return add


MEMBERS = {
    "dots": (_member("../escaped"), r"\.\./escaped: a name that leads out"),
    "dots inside": (_member("boot/../../escaped"), "a name that leads out"),
    "absolute": (_member("/etc/escaped"), "/etc/escaped: a name that leads out"),
    "backslash": (_member("..\\escaped"), "a name that leads out"),
    "control character": (_member("a\nb"), r"a\\nb: a name with control"),
    "not UTF-8": (_member("a\udcffb"), "a name with control or unprintable"),
    "empty part": (_member("boot//x"), "not the plain name of a file"),
    "very long": (_member("x/" * 300 + "x"), "a name of more than 512 bytes"),
    "link out": (_member("out", tarfile.SYMTYPE, "/etc/passwd"), "out: a symbolic link"),
    "link inside": (_member("again", tarfile.SYMTYPE, "README.txt"), "again: a symbolic link"),
    "hard link": (_member("again", tarfile.LNKTYPE, "README.txt"), "again: a hard link"),
    "link as a folder": (_member("boot/sub", tarfile.SYMTYPE, "/etc"), "boot/sub: a symbolic link"),
    "device": (_member("null", tarfile.CHRTYPE), "null: a device"),
    "block device": (_member("disk", tarfile.BLKTYPE), "disk: a block device"),
    "FIFO": (_member("pipe", tarfile.FIFOTYPE), "pipe: a FIFO"),
    "twice": (_member("./README.txt"), "README.txt: twice in"),
    "a file as a folder": (_member("README.txt/inner"), "README.txt/inner: could not be copied"),
}


@pytest.mark.parametrize("packed", ["", ".gz"])
@pytest.mark.parametrize("what", MEMBERS)
def test_what_no_medium_holds_is_refused_by_the_members_name(
    store: Store, data: Path, tree: Path, tmp_path: Path, bring: Bring, what: str, packed: str
) -> None:
    change, says = MEMBERS[what]
    file = tmp_path / "bad.tar"
    file.write_bytes(PACKERS[packed](archive_of(tree, change)))
    before = {path for path in tmp_path.rglob("*") if data not in path.parents}
    with pytest.raises(PxeserveError, match=says):
        bring(file, "bad")
    assert nothing_is_left(store, data)
    assert {path for path in tmp_path.rglob("*") if data not in path.parents} == before
    assert not Path("/etc/escaped").exists()


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize("part", [0.2, 0.9, 0.999])
def test_a_cut_archive_is_refused(store: Store, data: Path, tree: Path, tmp_path: Path, bring: Bring, packed: str, part: float) -> None:
    whole = PACKERS[packed](archive_of(tree))
    if not packed:
        whole = whole.rstrip(b"\0")  # the zeros at the end may be fewer, and one block of them is enough
    file = tmp_path / "cut.tar"
    file.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(SourceError, match=r"cut short|damaged"):
        bring(file, "cut")
    assert nothing_is_left(store, data)


def test_an_archive_that_ends_between_two_members_is_cut_too(tree: Path, tmp_path: Path, bring: Bring) -> None:
    file = tmp_path / "cut.tar"
    with tarfile.open(fileobj=io.BytesIO(archive_of(tree))) as archive:
        end = archive.getmembers()[-2]
    size = end.offset_data + (end.size + 511) // 512 * 512
    file.write_bytes(archive_of(tree)[:size])
    with pytest.raises(SourceError, match="cut short: the archive has no end"):
        bring(file, "cut")


@pytest.mark.parametrize("packed", [".gz", ".bz2", ".xz"])
def test_what_unpacks_to_far_more_than_it_is_is_refused_early(
    store: Store, data: Path, tmp_path: Path, bring: Bring, packed: str
) -> None:
    """200 MB of zeros; the same goes for 5 GB, of which bzip2 makes 5 kB."""
    file = tmp_path / "bomb.tar"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        _member("packages.main/base.tar.bz2", size=200 << 20)(archive)
    file.write_bytes(PACKERS[packed](out.getvalue()))
    with pytest.raises(SourceError, match=f"{file}: unpacks to more than 200 times its own size"):
        bring(file, "bomb")
    assert nothing_is_left(store, data)


def test_a_header_that_wants_the_memory_of_the_machine_is_refused(tmp_path: Path, bring: Bring) -> None:
    member = tarfile.TarInfo("././@PaxHeader")
    member.type, member.size = tarfile.XHDTYPE, 3 << 30
    file = tmp_path / "header.tar"
    with file.open("wb") as out:
        out.write(member.tobuf(tarfile.USTAR_FORMAT))
        out.truncate(3 << 30)
    with pytest.raises(SourceError, match="a header of more than"):
        bring(file, "header")


def test_headers_upon_headers_are_refused(tmp_path: Path, bring: Bring) -> None:
    """tarfile goes a step deeper with each."""
    body = b"11 path=ab\n".ljust(512, b"\0")
    member = tarfile.TarInfo("./PaxHeader")
    member.type, member.size = tarfile.XHDTYPE, 11
    file = tmp_path / "headers.tar"
    file.write_bytes((member.tobuf(tarfile.USTAR_FORMAT) + body) * 400 + bytes(1024))
    with pytest.raises(SourceError, match="damaged or cut short"):
        bring(file, "headers")


def test_zstd_is_refused_with_the_way_out(tmp_path: Path, bring: Bring) -> None:
    file = tmp_path / "x.tar.zst"
    file.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(600))
    with pytest.raises(SourceError, match="packed with zstd") as error:
        bring(file, "zstd")
    assert "zstd -d" in error.value.fix


def test_a_larger_file_than_the_list_says_is_refused_by_both(tree: Path, tmp_path: Path, bring: Bring) -> None:
    package = tree / "packages.main" / "base.tar.bz2"
    os.truncate(package, 60_000_000)
    file = tmp_path / "larger.tar"
    file.write_bytes(archive_of(tree))
    with pytest.raises(PxeserveError, match=r"base\.tar\.bz2: 60000000 bytes, but packages\.main/XS-PACKAGES line 1 says"):
        bring(file, "larger")

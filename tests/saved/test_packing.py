"""An archive that is not what `site save` wrote is refused by name, and nothing comes of it outside its folder."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pxeserve.errors import PxeserveError
from pxeserve.saved import packing
from pxeserve.saved.manifest import LONGEST_MEMBER, NEEDED, Manifest, Member

Change = Callable[[Manifest], Manifest]


def manifest(folder: Path, *more: str) -> Manifest:
    names = [*NEEDED, *more]
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(1000 + number))
    return Manifest("0.1.0", 1.0, {"site": "site0001"}, tuple(packing.summed(folder / name, name) for name in names))


def packed(said: Manifest, folder: Path) -> bytes:
    to = folder / "packed"
    with to.open("wb") as file:
        packing.pack(packing.Summing(file.fileno()), said, lambda name: folder / name)
    return to.read_bytes()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    return tmp_path / "source"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    return tmp_path / "target"


def unpacked(archive: bytes, target: Path) -> Manifest:
    return packing.unpack(io.BytesIO(archive), target)


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def test_what_was_packed_comes_out_private_and_any_tar_lists_it(source: Path, target: Path) -> None:
    said = manifest(source, "templates/own/t.j2", "configuration.toml")
    archive = packed(said, source)
    assert unpacked(archive, target) == said
    assert dict(files(target)) == {name: content for name, content in files(source) if name != "packed"}
    assert {path.stat().st_mode & 0o7777 for path in target.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o7777 for path in target.rglob("*") if path.is_dir()} == {0o700}
    with tarfile.open(fileobj=io.BytesIO(archive)) as listed:
        assert listed.getnames() == ["manifest.json", *(member.name for member in said.members)]
    assert packing.read_manifest(io.BytesIO(archive)) == said


def test_one_that_is_cut_anywhere_is_refused(source: Path, tmp_path: Path) -> None:
    archive = packed(manifest(source), source)
    for number, length in enumerate([0, 1, 9, 10, 300, *range(500, len(archive) - 8, 1501), len(archive) - 8, len(archive) - 1]):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(PxeserveError, match="no whole archive"):
            unpacked(archive[:length], folder)


def test_one_that_was_changed_anywhere_is_refused(source: Path, tmp_path: Path) -> None:
    archive = packed(manifest(source), source)
    for number, at in enumerate([0, 12, 50, *range(100, len(archive), 1201), len(archive) - 2, len(archive) - 6]):
        folder = tmp_path / str(number)
        folder.mkdir()
        changed = bytearray(archive)
        changed[at] ^= 0x10
        with pytest.raises(PxeserveError):
            unpacked(bytes(changed), folder)


def test_a_file_that_is_another_than_its_sum_says_is_refused(source: Path, target: Path) -> None:
    """Packed anew by somebody, so that gzip has nothing against it."""
    said = manifest(source)
    (source / "keys/seal.key").write_bytes(bytes(said.members[3].size))
    with pytest.raises(PxeserveError, match=r"keys/seal\.key was changed"):
        unpacked(packed(said, source), target)


NAMES = [
    "../outside", "/etc/cron.d/x", "keys/../../outside", "keys/", "templates", "templates//x", "templates/.x", "state/other.db",
    "run/audit-head", "keys/a/b", "media/x", "templates/" + "a/" * 9 + "b", "keys/a\nb", "configuration.toml/x", "state/site.db-wal",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_has_no_place_in_a_data_folder_is_refused(source: Path, target: Path, name: str) -> None:
    said = manifest(source)
    said = replace(said, members=(*said.members, Member(name, 0, "0" * 64)))
    with pytest.raises(PxeserveError, match="no place in a data folder"):
        packing.read_manifest(io.BytesIO(headed(said)))
    assert list(target.parent.rglob("outside")) == []


def headed(said: Manifest, *more: bytes) -> bytes:
    """An archive of nothing but its list, and `more`."""
    text = said.encode()
    info = tarfile.TarInfo("manifest.json")
    info.size = len(text)
    return gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + text + bytes(-len(text) % 512) + b"".join(more))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.XHDTYPE,
                                  tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE])  # fmt: skip
def test_what_is_no_regular_file_is_refused(source: Path, target: Path, kind: bytes) -> None:
    """An extended head too: it may ask for any amount of memory."""
    info = tarfile.TarInfo("state/site.db")
    info.type, info.linkname = kind, "/etc/passwd"
    with pytest.raises(PxeserveError, match="no regular file"):
        unpacked(headed(manifest(source), info.tobuf(tarfile.USTAR_FORMAT)), target)
    assert list(target.iterdir()) == []


def test_a_file_in_another_place_or_of_another_size_is_refused(source: Path, target: Path) -> None:
    said = manifest(source)
    swapped = replace(said, members=(said.members[1], said.members[0], *said.members[2:]))
    text = packed(swapped, source)
    plain = gzip.decompress(text)
    one = gzip.decompress(headed(said))
    with pytest.raises(PxeserveError, match="is not where its list of contents says"):
        unpacked(gzip.compress(one + plain[len(one) :]), target)


def test_what_follows_unnamed_is_refused(source: Path, tmp_path: Path) -> None:
    archive = packed(manifest(source), source)
    for number, more in enumerate([gzip.compress(b"x"), gzip.compress(bytes(512)), b"x" * 600]):
        folder = tmp_path / str(number)
        folder.mkdir()
        with pytest.raises(PxeserveError, match="no whole archive"):
            unpacked(archive + more, folder)


def test_a_bomb_is_refused_before_it_is_unpacked(source: Path, target: Path) -> None:
    said = manifest(source)
    huge = replace(said, members=(replace(said.members[0], size=LONGEST_MEMBER), *said.members[1:]))
    info = tarfile.TarInfo("state/site.db")
    info.size = LONGEST_MEMBER
    zeros = headed(huge, info.tobuf(tarfile.USTAR_FORMAT), bytes(8 << 20))
    with pytest.raises(PxeserveError):  # no room, or cut after eight megabytes
        unpacked(zeros, target)
    assert sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) <= 8 << 20
    many = replace(said, members=tuple(replace(said.members[0], name=f"keys/{number}", size=LONGEST_MEMBER) for number in range(20)))
    with pytest.raises(PxeserveError, match=r"lacks|at most"):
        packing.read_manifest(io.BytesIO(headed(many)))
    full = replace(said, members=(*said.members, *many.members))
    with pytest.raises(PxeserveError, match="at most"):
        packing.read_manifest(io.BytesIO(headed(full)))


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"[" * 100_000, b'{"format": 1}', b"\xff\xfe", b'{"format": "x", "members": []}'])
def test_a_list_that_cannot_be_read_is_refused(text: bytes) -> None:
    info = tarfile.TarInfo("manifest.json")
    info.size = len(text)
    with pytest.raises(PxeserveError, match="no whole archive"):
        packing.read_manifest(io.BytesIO(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + text + bytes(-len(text) % 512))))


def test_a_list_that_is_too_long_is_not_even_read() -> None:
    info = tarfile.TarInfo("manifest.json")
    info.size = (8 << 30) - 1
    with pytest.raises(PxeserveError, match="does not begin with its list"):
        packing.read_manifest(io.BytesIO(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT))))


def test_one_of_a_newer_release_names_the_release_that_reads_it(source: Path) -> None:
    newer = replace(manifest(source), format=2, release="9.1.0")
    with pytest.raises(PxeserveError, match="newer release") as told:
        packing.read_manifest(io.BytesIO(headed(newer)))
    assert "install pxeserve 9.1.0 or newer" in told.value.fix


def test_one_without_its_keys_is_refused(source: Path) -> None:
    said = manifest(source)
    lacking = replace(said, members=said.members[:-1])
    with pytest.raises(PxeserveError, match=r"lacks keys/session\.key"):
        packing.read_manifest(io.BytesIO(headed(lacking)))

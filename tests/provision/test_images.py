"""Media that were not copied, over the wire: out of an image, out of the administrator's own folder; whole, in parts, never changed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.medium import Lies
from pxeserve.repo.imports import Wanted, import_medium
from pxeserve.repo.sample import make_sample
from tests.provision.test_listener import get, once, parts, read_one

pytestmark = pytest.mark.skipif(shutil.which("xorriso") is None, reason="xorriso is not installed")

SMALL, LARGE = "packages.main/XS-PACKAGES", "install.img"


def bring(site: Any, source: Path, name: str, lies: Lies) -> None:
    import_medium(site.store, site.data, Wanted((str(source),), name, lies), name, lambda *_: None, "tester", 1.0)


@pytest.fixture
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample's folder, outside of the data folder."""
    folder = tmp_path_factory.mktemp("source") / "tree"
    make_sample(folder)
    return folder


@pytest.fixture
def image(tree: Path) -> Path:
    """The same as an image."""
    return imaged(tree)


def imaged(tree: Path) -> Path:
    file = tree.with_suffix(".iso")
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", file, tree], check=True, capture_output=True)
    return file


def test_every_file_of_an_image_is_served_and_nothing_is_unpacked(site: Any, tree: Path, image: Path) -> None:
    before = sorted(path.name for path in (site.data / "media").iterdir())
    bring(site, image, "iso", Lies.IMAGE)
    for file in tree.rglob("*"):
        if file.is_file():
            status, headers, body = parts(site.talk(once(f"/media/iso/{file.relative_to(tree)}")))
            assert (status, body) == (200, file.read_bytes()), file
            assert headers["content-length"] == str(len(body))
    assert sorted(path.name for path in (site.data / "media").iterdir()) == before
    listed = parts(site.talk(once("/media/iso/packages.main/")))
    assert listed[0] == 200
    assert b"base.tar.bz2" in listed[2]


def test_parts_of_a_file_in_an_image_begin_where_the_file_does(site: Any, tree: Path, image: Path) -> None:
    bring(site, image, "iso", Lies.IMAGE)
    whole = (tree / LARGE).read_bytes()
    status, headers, body = parts(site.talk(once(f"/media/iso/{LARGE}", "Range: bytes=1000-900000")))
    assert (status, body) == (206, whole[1000:900_001])
    assert headers["content-range"] == f"bytes 1000-900000/{len(whole)}"
    assert parts(site.talk(once(f"/media/iso/{LARGE}", "Range: bytes=-7")))[2] == whole[-7:]
    small = (tree / SMALL).read_bytes()
    assert parts(site.talk(once(f"/media/iso/{SMALL}", "Range: bytes=5-")))[2] == small[5:]
    assert parts(site.talk(once(f"/media/iso/{LARGE}", f"Range: bytes={len(whole)}-")))[0] == 416
    first, second = (parts(site.talk(once(f"/media/iso/{path}", method="HEAD")))[1]["etag"] for path in (LARGE, SMALL))
    assert first != second
    assert parts(site.talk(once(f"/media/iso/{LARGE}", f"If-None-Match: {first}")))[0] == 304


@pytest.mark.parametrize("how", ["touched", "written to", "another in its place", "cut short", "gone"])
@pytest.mark.parametrize("path", [SMALL, LARGE])
def test_an_image_that_changed_is_refused_and_the_record_says_so(site: Any, image: Path, how: str, path: str) -> None:
    bring(site, image, "iso", Lies.IMAGE)
    assert parts(site.talk(once(f"/media/iso/{path}")))[0] == 200
    _spoil(image, how)
    assert parts(site.talk(once(f"/media/iso/{path}")))[0] == 404
    (_served, event) = site.ear.wait("http.file", 2)
    assert event["data"]["outcome"] == ("not-found" if how == "gone" else "changed")
    assert how == "gone" or "pxeserve media verify iso" in event["text"]


def _spoil(image: Path, how: str) -> None:
    size = image.stat().st_size
    match how:
        case "touched":
            os.utime(image)
        case "written to":
            with image.open("r+b") as file:
                file.seek(size - 4096)
                file.write(b"x")
        case "another in its place":
            shutil.copy2(image, image.with_suffix(".new"))
            image.with_suffix(".new").rename(image)
        case "cut short":
            os.truncate(image, size - 2048)
        case _:
            image.unlink()


def test_what_is_being_sent_ends_in_a_cut_when_the_image_changes(site: Any, tree: Path) -> None:
    (tree / LARGE).write_bytes(os.urandom(1 << 20) * 24)  # more than the buffers on the way hold
    image = imaged(tree)
    bring(site, image, "iso", Lies.IMAGE)
    with site.connect(receive=4096) as sock:
        sock.sendall(once(f"/media/iso/{LARGE}"))
        got = sock.recv(1000)
        os.utime(image)
        with pytest.raises(ConnectionResetError):
            while piece := sock.recv(65536):
                got += piece
    assert len(got) < (tree / LARGE).stat().st_size


def test_a_folder_in_place_shows_what_was_imported_and_nothing_that_came_later(site: Any, tree: Path) -> None:
    bring(site, tree, "here", Lies.IN_PLACE)
    for file in tree.rglob("*"):
        if file.is_file():
            assert parts(site.talk(once(f"/media/here/{file.relative_to(tree)}")))[2] == file.read_bytes()
    (tree / "later").write_text("nobody checked this")
    (tree / "out").symlink_to("/etc/passwd")
    for name in ("later", "out", "packages.main/../later", "../tree/later"):
        assert parts(site.talk(once(f"/media/here/{name}")))[0] in (400, 404)
    (tree / SMALL).write_text("another size")
    assert parts(site.talk(once(f"/media/here/{SMALL}")))[0] == 404
    (tree / LARGE).unlink()
    (tree / LARGE).symlink_to("/etc/passwd")
    assert parts(site.talk(once(f"/media/here/{LARGE}")))[0] == 404


def test_boot_files_of_an_image_leave_with_the_boot(site: Any, image: Path, tree: Path) -> None:
    bring(site, image, "iso", Lies.IMAGE)
    for name in ("m/iso/boot/xen.gz", "b/x/debian/m/iso/boot/vmlinuz"):
        assert parts(site.talk(once(f"/{name}")))[2] == (tree / name.rpartition("m/iso/")[2]).read_bytes()


@pytest.mark.parametrize("how", ["touched", "written to", "another in its place", "gone"])
def test_what_was_asked_for_before_comes_out_of_the_image_and_not_after_it_changed(site: Any, image: Path, tree: Path, how: str) -> None:
    """Over one connection, so that the answers are those that are remembered."""
    bring(site, image, "iso", Lies.IMAGE)
    large, small = (tree / LARGE).read_bytes(), (tree / SMALL).read_bytes()
    with site.connect() as sock:
        for first in (0, 4096, 70_001):
            sock.sendall(get(f"/media/iso/{SMALL}"))
            assert read_one(sock) == (200, small)
            sock.sendall(get(f"/media/iso/{LARGE}", f"Range: bytes={first}-{first + 99_999}"))
            assert read_one(sock) == (206, large[first : first + 100_000])
            sock.sendall(get(f"/media/iso/{LARGE}"))
            assert read_one(sock) == (200, large)
        _spoil(image, how)
        for path in (SMALL, LARGE):
            sock.sendall(get(f"/media/iso/{path}"))
            assert read_one(sock)[0] == 404

"""Where files of media lie: one way to all of them, and never to anything else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pxeserve.domain.medium import Lies, Medium
from pxeserve.paths import OpenFile, PathRefused
from pxeserve.repo.opening import Opening, Unreachable
from pxeserve.shelf import Shelf, Stamp
from pxeserve.store import Store, media, open_store
from pxeserve.store.media import FileRow

CONTENT = b"the first file" + bytes(100) + b"the second one" + bytes(50)
FIRST, SECOND = (0, 14), (114, 14)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "data").mkdir()
    opened = open_store(tmp_path / "data", migrate=True)
    yield opened
    opened.close()


@pytest.fixture
def image(tmp_path: Path, store: Store) -> tuple[Medium, Path]:
    """A file that is an image as far as a shelf cares, and its medium with two files and an empty one."""
    file = tmp_path / "image"
    file.write_bytes(CONTENT)
    medium = Medium("m", "m@1", "text", "XenServer", "4.1.0", "", "4.1", "1", None, lies=Lies.IMAGE, place=str(file))
    put(store, medium, stamp_of(file))
    return medium, file


def stamp_of(file: Path) -> str:
    with file.open("rb") as opened:
        return str(Stamp.of(opened.fileno()))


def put(store: Store, medium: Medium, stamp: str) -> None:
    rows = [
        FileRow("a/first", 0, "tbz2", FIRST[1], "", "", FIRST[0], stamp),
        FileRow("second", 1, "tbz2", SECOND[1], "", "", SECOND[0], stamp),
        FileRow("empty", -1, "plain", 0, "", "", 0, stamp),
        FileRow("beyond", -1, "plain", 100, "", "", 150, stamp),
    ]
    with store.site.write() as connection:
        media.add(connection, medium, rows, "test", 0.0)


def content(file: OpenFile) -> bytes:
    try:
        return file.read(1 << 20, 0)
    finally:
        file.close()


def test_a_file_in_an_image_is_its_own_bytes_and_no_more(store: Store, tmp_path: Path, image: tuple[Medium, Path]) -> None:
    shelf, medium = Shelf(store, tmp_path / "data"), image[0]
    assert content(shelf.open(medium, "a/first")) == b"the first file"
    assert content(shelf.open(medium, "//a/./first")) == b"the first file"
    assert content(shelf.open(medium, "second")) == b"the second one"
    assert content(shelf.open(medium, "empty")) == b""
    second = shelf.open(medium, "second")
    assert (second.read(3, 4), second.read(99, 11), second.read(5, 14), second.read(5, 99)) == (b"sec", b"one", b"", b"")
    assert (second.size, second.behind, second.intact()) == (14, len(CONTENT), True)
    first = shelf.open(medium, "a/first")
    assert first.key != second.key
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("path", "reason"),
    [("a", "not-found"), ("", "not-regular"), ("image", "not-found"), ("../image", "outside"), ("a\0", "bad-name"),
     ("beyond", "cut-short")],
)
def test_there_is_nothing_else_in_an_image(store: Store, tmp_path: Path, image: tuple[Medium, Path], path: str, reason: str) -> None:
    with pytest.raises(PathRefused) as refused:
        Shelf(store, tmp_path / "data").open(image[0], path)
    assert refused.value.reason == reason


CHANGES: dict[str, Callable[[Path], object]] = {
    "time": lambda file: os.utime(file, ns=(1, 1)),
    "content": lambda file: file.write_bytes(CONTENT.upper()),
    "size": lambda file: file.write_bytes(CONTENT + b"x"),
    "another": lambda file: (file.with_name("new").write_bytes(CONTENT), file.with_name("new").rename(file)),
    "link": lambda file: (file.rename(file.with_name("old")), file.symlink_to("old")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_image_that_changed_is_refused_until_it_was_read_again(
    store: Store, tmp_path: Path, image: tuple[Medium, Path], change: str
) -> None:
    medium, file = image
    shelf = Shelf(store, tmp_path / "data")
    content(shelf.open(medium, "second"))
    CHANGES[change](file)
    for path in ("second", "a/first"):
        with pytest.raises(PathRefused) as refused:
            shelf.open(medium, path)
        assert refused.value.reason == ("symlink" if change == "link" else "changed")
    if change == "link":
        return
    with store.site.write() as connection:
        media.remove(connection, "m")
    put(store, medium, stamp_of(file))  # as a check of every byte leaves it
    assert content(shelf.open(medium, "second")).lower() == b"the second one"


def test_rights_and_another_name_of_the_device_do_not_change_an_image(store: Store, tmp_path: Path, image: tuple[Medium, Path]) -> None:
    medium, file = image
    stamp = Stamp.read(stamp_of(file))
    assert stamp is not None
    with store.site.write() as connection:
        media.remove(connection, "m")
    put(store, medium, str(stamp._replace(device=stamp.device + 1)))
    file.chmod(0o444)
    assert content(Shelf(store, tmp_path / "data").open(medium, "second")) == b"the second one"


@pytest.mark.parametrize("stamp", ["", "1:2:3", "x:1:1:1:1", "0:0:0:0:0"])
def test_an_image_that_was_never_read_right_is_not_served(store: Store, tmp_path: Path, image: tuple[Medium, Path], stamp: str) -> None:
    with store.site.write() as connection:
        media.remove(connection, "m")
    put(store, image[0], stamp)
    with pytest.raises(PathRefused) as refused:
        Shelf(store, tmp_path / "data").open(image[0], "second")
    assert refused.value.reason == "changed"


def test_a_folder_in_place_is_looked_up_anew_each_time(store: Store, tmp_path: Path) -> None:
    here, other = tmp_path / "here", tmp_path / "other"
    for folder, text in ((here, b"the first file"), (other, b"THE FIRST FILE")):
        (folder / "a").mkdir(parents=True)
        (folder / "a" / "first").write_bytes(text)
    medium = Medium("m", "m@1", "text", "XenServer", "4.1.0", "", "4.1", "1", None, lies=Lies.IN_PLACE, place=str(here))
    put(store, medium, "")
    shelf = Shelf(store, tmp_path / "data")
    assert content(shelf.open(medium, "a/first")) == b"the first file"
    here.rename(tmp_path / "away")
    with pytest.raises(PathRefused):
        shelf.open(medium, "a/first")
    other.rename(here)
    assert content(shelf.open(medium, "a/first")) == b"THE FIRST FILE"
    for path in ("a", "second", "../data/state/site.db"):
        with pytest.raises(PathRefused):
            shelf.open(medium, path)
    assert shelf.where(medium, "a/first") == f"{here}/a/first"


def test_a_copy_has_many_readers_and_few_folders_open(store: Store, tmp_path: Path) -> None:
    copies = []
    for number in range(70):
        folder = tmp_path / "data" / "media" / f"m@{number}"
        folder.mkdir(parents=True)
        (folder / "x").write_text(str(number))
        copies.append(Medium("m", folder.name, "text", "XenServer", "4.1.0", "", "4.1", str(number), None))
    shelf = Shelf(store, tmp_path / "data")
    wrong: list[int] = []

    def read() -> None:
        for _round in range(3):
            wrong.extend(number for number, medium in enumerate(copies) if content(shelf.open(medium, "x")) != str(number).encode())

    threads = [threading.Thread(target=read) for _ in range(4)]
    before = len(os.listdir("/proc/self/fd"))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(os.listdir("/proc/self/fd")) - before <= 64
    shelf.close()
    assert len(os.listdir("/proc/self/fd")) == before


numbers = st.integers(min_value=0, max_value=1 << 63)


@given(st.builds(Stamp, numbers, numbers, numbers, numbers, numbers))
def test_a_stamp_is_read_as_it_was_written(stamp: Stamp) -> None:
    assert Stamp.read(str(stamp)) == stamp


@given(st.binary(max_size=200), st.integers(-5, 300), st.integers(-5, 300), st.integers(0, 300), st.integers(0, 300))
def test_a_part_never_shows_what_lies_around_it(whole: bytes, base: int, size: int, offset: int, length: int) -> None:
    descriptor = os.memfd_create("whole")
    try:
        os.write(descriptor, whole)
        file = OpenFile(descriptor, len(whole), 0, 0, 0)
        if base < 0 or size < 0 or base + size > len(whole):
            with pytest.raises(PathRefused):
                file.part(base, size)
        else:
            assert file.part(base, size).read(length, offset) == whole[base : base + size][offset : offset + length]
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("swapped", ["home/here", "home"])
def test_a_link_in_the_place_of_a_folder_leads_nowhere(store: Store, tmp_path: Path, swapped: str) -> None:
    """Its owner could lead a service that runs as root to whatever has a name and a size that he knows."""
    here, secret = tmp_path / "home" / "here", tmp_path / "secret"
    (here / "a").mkdir(parents=True)
    (here / "a" / "first").write_bytes(b"the first file")
    (secret / "here" / "a").mkdir(parents=True)
    (secret / "here" / "a" / "first").write_bytes(b"nobody's eyes!")
    medium = Medium("m", "m@1", "text", "XenServer", "4.1.0", "", "4.1", "1", None, lies=Lies.IN_PLACE, place=str(here))
    put(store, medium, "")
    shelf = Shelf(store, tmp_path / "data")
    assert content(shelf.open(medium, "a/first")) == b"the first file"
    link = tmp_path / swapped
    link.rename(tmp_path / "away")
    link.symlink_to(secret / "here" if swapped == "home/here" else secret)
    with pytest.raises(PathRefused):
        shelf.open(medium, "a/first")
    with pytest.raises(Unreachable):
        Opening(tmp_path / "data", medium)

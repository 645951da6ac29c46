"""The slow reading finds what no stamp shows, a disk that forgets. It is done once in so long, by pieces, and goes on where it stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pxeserve.domain.medium import Medium, MediumState
from pxeserve.repo import verify
from pxeserve.repo.imports import import_medium
from pxeserve.repo.scrub import Scrub
from pxeserve.repo.standing import Turned
from pxeserve.store import Store, media, open_store

Bring = Callable[[Path, str], Medium]
DAY, NOW = 86_400.0, 1_790_000_000.0
PACKAGE, INDEX = "packages.main/base.tar.bz2", "packages.main/XS-PACKAGES"


class Driven:
    """A scrub with a clock of its own."""

    def __init__(self, store: Store, data: Path, every: float = 30 * DAY) -> None:
        self.store, self.data, self.every = store, data, every
        self.now, self.ticks = NOW, 0.0
        self.turned: list[Turned] = []
        self.scrub = self.anew()

    def anew(self) -> Scrub:
        return Scrub(self.store, self.data, self.every, self.turned.append, clock=lambda: self.now, ticks=lambda: self.ticks)

    def round(self) -> int:
        """Step until nothing is due; the bytes that were read."""
        self.ticks += 100
        read = 0
        idle = 0
        while idle < 2:  # one step without a byte ends a medium
            step = self.scrub.step()
            idle = 0 if step else idle + 1
            read += step
        return read

    def checked_at(self, name: str = "sample") -> float | None:
        with self.store.site.read() as connection:
            return media.checked_at(connection, name)

    def medium(self, name: str = "sample") -> Medium:
        with self.store.site.read() as connection:
            found = media.by_name(connection, name)
        assert found is not None
        return found


@pytest.fixture
def driven(store: Store, data: Path, tree: Path, bring: Bring) -> Driven:
    bring(tree, "sample")
    return Driven(store, data)


def size(driven: Driven) -> int:
    with driven.store.site.read() as connection:
        return sum(file.size for file in media.files(connection, "sample"))


def test_every_byte_is_read_once_in_thirty_days(driven: Driven) -> None:
    assert driven.round() == 0
    driven.now += 31 * DAY
    assert driven.round() == size(driven)
    assert driven.checked_at() == driven.now
    assert driven.round() == 0
    driven.now += 31 * DAY
    assert driven.round() == size(driven)
    assert driven.turned == []


def test_off_is_never(driven: Driven) -> None:
    driven.every, driven.now = 0, NOW + 1000 * DAY
    driven.scrub = driven.anew()
    assert driven.round() == 0


def test_it_goes_on_where_it_stopped(driven: Driven) -> None:
    driven.now += 31 * DAY
    began = driven.now
    read = 0
    while read < size(driven) // 2:
        read += driven.scrub.step()
    driven.scrub.stop()
    driven.now += DAY
    driven.scrub = driven.anew()
    again = driven.round()
    assert size(driven) <= read + again < size(driven) * 1.7
    assert again < size(driven)
    assert driven.checked_at() == began


def test_what_it_finds_is_named_and_it_leaves_a_damaged_medium_alone(driven: Driven) -> None:
    path = driven.data / "media" / driven.medium().folder / PACKAGE
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    driven.now += 31 * DAY
    driven.round()
    [turned] = driven.turned
    assert turned.state is MediumState.DAMAGED
    assert turned.reason.startswith(f"{PACKAGE}: MD5 is ")
    assert f"but {INDEX} line 1 says " in turned.reason
    assert driven.checked_at() == NOW
    assert driven.round() == 0


def test_a_missing_file_and_a_missing_folder_are_found(driven: Driven, tree: Path, bring: Bring) -> None:
    other = bring(tree, "other")
    (driven.data / "media" / driven.medium().folder / PACKAGE).unlink()
    shutil.rmtree(driven.data / "media" / other.folder)
    driven.now += 31 * DAY
    driven.round()
    said = {turned.medium: turned.reason for turned in driven.turned}
    assert said["sample"] == f"{PACKAGE}: missing, but {INDEX} line 1 lists it"
    assert "folder cannot be opened" in said["other"]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """A file system in a file: the file, and where it is mounted."""
    image, point = tmp_path / "disk.img", tmp_path / "disk"
    image.write_bytes(b"")
    os.truncate(image, 48 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    point.mkdir()
    if subprocess.run(["mount", "-o", "loop", image, point], check=False, capture_output=True).returncode:
        pytest.skip("no loop devices here")
    yield image, point
    subprocess.run(["umount", point], check=True)


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mkfs.ext4") is None, reason="needs root and mkfs.ext4")
def test_rot_on_the_disk_is_found_though_no_stamp_shows_it_and_memory_still_has_it_right(disk: tuple[Path, Path], tree: Path) -> None:
    image, point = disk
    store = open_store(point, migrate=True)
    try:
        medium = import_medium(store, point, tree, "sample", lambda *_: None, "test", NOW)
        driven = Driven(store, point)
        path = point / "media" / medium.folder / PACKAGE
        content = path.read_bytes()
        assert verify.full(store, point, medium, lambda *_: None).faults == ()
        subprocess.run(["sync", "-f", point], check=True)
        before = path.stat()
        _rot(image, content[4096:8192])
        assert path.stat() == before
        assert path.read_bytes() == content, "what the kernel keeps in memory is right"
        assert verify.full(store, point, medium, lambda *_: None).faults == ()
        driven.now = max(driven.checked_at() or 0, NOW) + 31 * DAY
        driven.round()
        [turned] = driven.turned
        assert turned.reason.startswith(f"{PACKAGE}: MD5 is ")
        [fault] = verify.full(store, point, driven.medium(), lambda *_: None).faults
        assert fault == turned.reason, "it is not called good again for what memory has"
        path.unlink()
        path.write_bytes(content)
        subprocess.run(["sync", "-f", point], check=True)
        assert verify.changed(store, point, driven.medium(), lambda *_: None).faults == ()
        assert driven.medium().state is MediumState.GOOD
    finally:
        store.close()


def _rot(image: Path, block: bytes) -> None:
    """Flip one bit of a file's block where it lies on the disk."""
    content = image.read_bytes()
    at = content.find(block)
    assert at > 0
    assert content.find(block, at + 1) < 0
    with image.open("r+b") as file:
        file.seek(at + 100)
        file.write(bytes([block[100] ^ 1]))
        file.flush()
        os.fsync(file.fileno())

"""Changes are noticed wherever a medium lies, told once things are quiet, and not told where nothing happened."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pxeserve.repo import watch as watching
from pxeserve.repo.mounts import file_system, is_remote
from pxeserve.repo.watch import Place, Watch
from tests.faults.service import until

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
40 22 0:35 / /srv/nfs rw shared:20 - nfs4 server:/media rw,vers=4.2
41 22 0:36 / /srv/with\\040blank rw - fuse.sshfs host: rw
42 22 0:37 / /srv/nfs/local rw - tmpfs none rw
43 22 0:38 / /srv/win rw - cifs //server/share rw
broken
"""


@pytest.fixture(params=["inotify", "polling"])
def watch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr(watching, "is_remote", lambda _path: request.param == "polling")
    made = Watch(quiet=0.2, longest=2.0, poll=0.2)
    yield made
    made.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "medium"
    (folder / "Packages").mkdir(parents=True)
    (folder / "Packages" / "a.rpm").write_bytes(b"content")
    return folder


def begun(watch: Watch, place: Place) -> None:
    """Watched, and the first look over."""
    watch.follow({"disc": place})
    assert until(watch.due, "a new place counts as changed") == ["disc"]


TOUCHED: dict[str, Callable[[Path], object]] = {
    "written": lambda path: path.write_bytes(b"c0ntent"),
    "removed": Path.unlink,
    "renamed": lambda path: path.rename(path.with_name("b.rpm")),
    "added": lambda path: path.with_name("c.rpm").write_bytes(b""),
    "replaced": lambda path: (path.with_name("new").write_bytes(b"x"), path.with_name("new").rename(path)),
    "in a new folder": lambda path: ((path.parent / "deep").mkdir(), (path.parent / "deep" / "d.rpm").write_bytes(b"")),
    "its rights": lambda path: path.chmod(0o600),
}


@pytest.mark.parametrize("touch", TOUCHED)
def test_a_change_is_told_once(watch: Watch, folder: Path, touch: str) -> None:
    begun(watch, Place(folder))
    TOUCHED[touch](folder / "Packages" / "a.rpm")
    assert until(watch.due, touch) == ["disc"]


def test_reading_is_no_change(folder: Path) -> None:
    watch = Watch(quiet=0.0)
    begun(watch, Place(folder))
    for _ in range(10):
        (folder / "Packages" / "a.rpm").read_bytes()
    (folder / "Packages" / "a.rpm").write_bytes(b"x")
    until(watch.due, "events come in their order, so what reading told would have come before")
    watch.stop()


def test_of_an_image_only_the_image_itself_counts(watch: Watch, tmp_path: Path) -> None:
    (tmp_path / "isos").mkdir()
    image = tmp_path / "isos" / "disc.iso"
    image.write_bytes(b"image")
    begun(watch, Place(image.parent, image.name))
    (tmp_path / "second").mkdir()
    watch.follow({"disc": Place(image.parent, image.name), "second": Place(tmp_path / "second")})
    assert until(watch.due, "the other place") == ["second"]
    (tmp_path / "isos" / "other.iso").write_bytes(b"x")
    (tmp_path / "second" / "file").write_bytes(b"x")
    assert until(watch.due, "what came after it") == ["second"]
    image.write_bytes(b"emagi")
    assert until(watch.due, "the image") == ["disc"]


def test_a_storm_of_changes_is_one(watch: Watch, folder: Path) -> None:
    begun(watch, Place(folder))
    for number in range(300):
        (folder / "Packages" / f"{number}.rpm").write_bytes(b"x")
    told = [until(watch.due, "a storm")]
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        told += [found] if (found := watch.due()) else []
        os.sched_yield()
    assert len(told) <= 3


def test_what_never_rests_is_told_all_the_same() -> None:
    watch = Watch(quiet=1000.0, longest=0.3)
    watch.note("disc")

    def due() -> list[str]:
        watch.note("disc")
        return watch.due()

    assert until(due, "the longest wait is over") == ["disc"]


def test_a_folder_that_goes_and_comes_is_a_change_each_time(watch: Watch, folder: Path) -> None:
    begun(watch, Place(folder))
    folder.rename(folder.with_name("away"))
    watch.follow({"disc": Place(folder)})
    assert until(watch.due, "it is gone") == ["disc"]
    folder.mkdir()
    watch.follow({"disc": Place(folder)})
    assert until(watch.due, "another is there") == ["disc"]
    (folder / "a").write_bytes(b"x")
    assert until(watch.due, "and watched") == ["disc"]
    watch.follow({})
    (folder / "b").write_bytes(b"x")
    assert watch.due() == []


def test_without_watches_left_folders_are_looked_through(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(watching.InotifyObserver, "schedule", none_left)
    watch = Watch(quiet=0.2, poll=0.2)
    begun(watch, Place(folder))
    (folder / "Packages" / "a.rpm").write_bytes(b"y")
    assert until(watch.due, "seen all the same") == ["disc"]
    watch.stop()


def test_what_kind_of_file_system_a_path_lies_on(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    kinds = {path: file_system(Path(path), mounts) for path in ("/srv", "/srv/nfs", "/srv/nfs/a/b", "/srv/nfsother", "/srv/nfs/local/x")}
    assert list(kinds.values()) == ["ext4", "nfs4", "nfs4", "ext4", "tmpfs"]
    assert is_remote(Path("/srv/with blank/x"), mounts)
    assert is_remote(Path("/srv/win/x"), mounts)
    assert not is_remote(Path("/srv/nfs/local"), mounts)
    assert file_system(Path("/x"), tmp_path / "none") == ""
    assert file_system(Path("/proc/self")) == "proc"

"""The room of an import is taken before its first byte: whoever fills the disk meanwhile does not break it, and nothing of it is left."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from pxeserve.domain.medium import Lies
from pxeserve.errors import PxeserveError
from pxeserve.repo.copying import copy_tree
from pxeserve.repo.imports import Wanted, import_medium
from pxeserve.repo.room import Room, room_in
from pxeserve.repo.sources.folder import Folder
from pxeserve.repo.staging import BrokenOffError, Staging
from pxeserve.store import Store, open_store
from tests.repo.disks import MB, SIZE, Other, free, mount, on_disk
from tests.repo.mirror import LOOPBACK, Mirror
from tests.repo.test_import import nothing_is_left

SIZES = [5 * MB, *([500_000] * 40), *([900] * 60)]


NEEDED = sum(on_disk(length) for length in SIZES)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")


@pytest.fixture(params=["ext4", "tmpfs"])
def disk(request: pytest.FixtureRequest, data: Path, tmp_path: Path) -> Iterator[Path]:
    """The folder of the media, on a small file system of its own."""
    yield from _mounted(request.param, data, tmp_path)


@pytest.fixture
def unable(data: Path, tmp_path: Path) -> Iterator[Path]:
    """The same on a file system that cannot set room aside: ext4 without extents."""
    yield from _mounted("ext4", data, tmp_path, "-O", "^extent,^64bit")


def _mounted(kind: str, data: Path, tmp_path: Path, *options: str) -> Iterator[Path]:
    folder = data / "media"
    folder.mkdir()
    mount(kind, tmp_path / "disk.img", folder, *options)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


class Visited(Staging):
    """A staging folder at which something comes to pass each time that the import asks whether it is to go on."""

    visit: Callable[[], None]

    def go_on(self) -> None:
        self.visit()
        super().go_on()


@contextmanager
def visited(home: Path, visit: Callable[[], None], name: str = "large") -> Iterator[tuple[Visited, Room]]:
    folder = home / f".staging-{name}"
    folder.mkdir(exist_ok=True)
    with ExitStack() as ending:
        stage = Visited(folder, name, ["source"], 0.0, "source")
        ending.callback(stage.close)
        stage.visit = visit
        yield stage, ending.enter_context(room_in(folder))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Files of 25 MB in some folders: a large one, many of some size, and many small ones."""
    draw, folder = random.Random(5), tmp_path / "source"
    for number, length in enumerate(SIZES):
        path = folder / f"{number % 30}" / f"{number:03}-{'x' * 60}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(draw.randbytes(length))
    return folder


def copied(source: Path, stage: Staging, room: Room) -> bool:
    """Copy, and tell whether all lies there as it was."""
    with closing(Folder(source)) as tree:
        copy_tree(tree, tree.entries(), stage, room, lambda *_: None)
    return all((stage.tree / path.relative_to(source)).read_bytes() == path.read_bytes() for path in source.rglob("*") if path.is_file())


def test_who_fills_the_disk_before_the_first_file_does_not_break_an_import(disk: Path, source: Path) -> None:
    other = Other(disk)

    def once() -> None:
        if not other.came:
            other.come()
            assert free(disk) < MB

    with visited(disk, once) as (stage, room):
        assert copied(source, stage, room)


def test_who_comes_again_before_each_file_and_takes_all_that_is_free_does_not_break_it_either(disk: Path, source: Path) -> None:
    other = Other(disk)
    with visited(disk, other.come) as (stage, room):
        assert copied(source, stage, room)
    assert other.came > len(SIZES)


def test_what_is_set_aside_and_what_the_files_have_is_never_less_than_they_need(disk: Path, source: Path) -> None:
    """Nobody else writes here, so what is free by less than at first is what is set aside and taken."""
    least: list[int] = []
    before = free(disk)
    with visited(disk, lambda: least.append(before - free(disk))) as (stage, room):
        assert copied(source, stage, room)
        assert min(least) >= NEEDED
        assert max(least) <= NEEDED + SIZE // 20
        room.let_go()
        assert before - free(disk) < NEEDED + MB


def test_a_disk_that_is_full_before_the_start_is_refused_and_nothing_is_left(store: Store, data: Path, disk: Path, source: Path) -> None:
    other = Other(disk)
    other.leave(NEEDED)
    with pytest.raises(PxeserveError, match=r"media: the medium needs \d+ MB; \d+ MB are free, of which leases and logs keep") as error:
        import_medium(store, data, source, "large", lambda *_: None, "tester", 0.0)
    assert error.value.code == "refused"
    other.come()
    with pytest.raises(PxeserveError, match=r"No space left on device|; \d+ bytes are free"):
        import_medium(store, data, source, "large", lambda *_: None, "tester", 0.0)
    other.go()
    assert nothing_is_left(store, data)


def test_each_of_several_imports_has_its_own_room_and_who_finds_none_is_refused(disk: Path, source: Path) -> None:
    def another() -> None:
        if not again:
            again.append(True)
            with visited(disk, third, "second") as (stage, room):
                assert copied(source, stage, room)

    def third() -> None:
        if not refused:
            with visited(disk, lambda: None, "third") as (stage, room), pytest.raises(PxeserveError, match="needs") as error:
                copied(source, stage, room)
            refused.append(error.value.code)

    again: list[bool] = []
    refused: list[str] = []
    with visited(disk, another) as (stage, room):
        assert copied(source, stage, room)
    assert refused == ["refused"]


def test_an_import_that_is_taken_up_sets_aside_what_is_left(disk: Path, source: Path) -> None:
    def first() -> None:
        if not other.came:
            asides.append(before - free(disk))
            other.come()

    other = Other(disk)
    asides: list[int] = []
    with visited(disk, lambda: None) as (stage, room):
        assert copied(source, stage, room)
    gone = [path for path in stage.tree.rglob("*") if path.is_file() and path.stat().st_size == 500_000][:20]
    for path in gone:
        path.unlink()
    missing = sum(on_disk(500_000) for _ in gone)
    other.leave(missing + SIZE // 16)
    before = free(disk)
    with visited(disk, first) as (stage, room):
        assert copied(source, stage, room)
    assert missing <= asides[0] <= missing + SIZE // 16


def test_a_killed_import_gives_back_what_it_had_set_aside(disk: Path, source: Path) -> None:
    before = free(disk)
    program = "import sys; from tests.repo.test_room import dies; dies(*sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", program, disk, source], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -signal.SIGKILL
    assert sorted(path.name for path in (disk / ".staging-large").iterdir()) == ["journal", "tree"]
    assert len([path for path in (disk / ".staging-large" / "tree").rglob("*") if path.is_file()]) == 3
    os.sync()
    assert before - free(disk) < 8 * MB  # the large file, two others, and some folders


def dies(home: str, source: str) -> None:
    """Import until three files are there, which are not whole yet, and be killed."""

    def visit() -> None:
        visits.append(free(Path(home)))
        if len(visits) == 4:
            os.kill(os.getpid(), signal.SIGKILL)

    visits: list[int] = []
    with visited(Path(home), visit) as (stage, room):
        copied(Path(source), stage, room)


def test_rows_find_room_on_a_disk_that_was_filled_while_the_last_file_was_copied(data: Path, tree: Path, tmp_path: Path) -> None:
    """The state lies on the same disk, as it does at most sites."""

    def report(done: int, total: int, _text: str) -> None:
        if done == total:
            other.come()

    mount("ext4", tmp_path / "disk.img", data)
    try:
        other = Other(data)
        store = open_store(data, migrate=True)
        try:
            assert import_medium(store, data, tree, "sample", report, "tester", 0.0).name == "sample"
        finally:
            store.close()
        assert other.came
    finally:
        subprocess.run(["umount", "-l", data], check=True)


def test_what_is_not_copied_sets_nothing_aside(store: Store, data: Path, disk: Path, tree: Path) -> None:
    least: list[int] = []
    before = free(disk)
    wanted = Wanted((str(tree),), "sample", Lies.IN_PLACE)
    import_medium(store, data, wanted, "sample", lambda *_: least.append(free(disk)), "tester", 0.0)
    assert before - min(least) < 100_000


def test_where_nothing_can_be_set_aside_what_is_free_is_looked_at(store: Store, data: Path, unable: Path, source: Path, tree: Path) -> None:
    assert import_medium(store, data, tree, "sample", lambda *_: None, "tester", 0.0).name == "sample"
    least: list[int] = []
    before = free(unable)
    with visited(unable, lambda: least.append(before - free(unable))) as (stage, room):
        assert copied(source, stage, room)
    assert least[0] < MB
    shutil.rmtree(stage.folder)
    Other(unable).leave(NEEDED)
    with visited(unable, lambda: None) as (stage, room), pytest.raises(PxeserveError, match="needs"):
        copied(source, stage, room)


def test_who_fills_the_disk_while_an_image_is_fetched_does_not_break_that(store: Store, data: Path, disk: Path, mirror: Mirror) -> None:
    """And is gone before it is unpacked, which needs room of its own."""

    def report(done: int, total: int, text: str) -> None:
        if text.startswith("fetching"):
            (other.come if done < total else other.go)()

    other = Other(disk)
    wanted = Wanted((f"{mirror.url}/xs41.tar",), "far", limits=LOOPBACK)
    assert import_medium(store, data, wanted, "far", report, "tester", 0.0).name == "far"
    assert other.came > 1


def test_what_was_being_fetched_and_broke_off_has_its_room_still(store: Store, data: Path, disk: Path, mirror: Mirror) -> None:
    """All but what is to stay free is taken by somebody else meanwhile, who is gone before the image is unpacked."""

    def report(done: int, total: int, text: str) -> None:
        if text.startswith("fetching") and done == total:
            other.go()

    other = Other(disk)
    mirror.cut_after = 300_000
    wanted = Wanted((f"{mirror.url}/xs41.tar",), "far", limits=LOOPBACK)
    with pytest.raises(BrokenOffError):
        import_medium(store, data, wanted, "far", report, "tester", 0.0)
    other.leave(SIZE // 20 + 300_000)
    mirror.cut_after = None
    assert import_medium(store, data, wanted, "far", report, "tester", 0.0).name == "far"
    assert mirror.asked[-1] == ("/xs41.tar", "bytes=300000-")

"""Imports that are killed, cancelled or cut off: nothing is ever half visible, and what was copied is not copied again."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pxeserve.domain.medium import Medium
from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.paths import PathRefused
from pxeserve.repo import staging
from pxeserve.repo.imports import import_medium, remove_medium, sweep
from pxeserve.repo.sample import make_sample
from pxeserve.shelf import Shelf
from pxeserve.store import Store, inventory, media, open_store
from pxeserve.store.media import FileRow
from tests.repo.test_import import iso_of, nothing_is_left

Bring = Callable[[Path, str], Medium]
MANY, EACH = 60, 500_000
"""Plain files beside the sample, and the bytes of each: enough for a kill to come in between."""

_IMPORTER = """
import os, sys
from pathlib import Path
from pxeserve.repo import onepass
from pxeserve.repo.imports import import_medium
from pxeserve.store import open_store
data, source, stop = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
onepass._TICK = 0.001
def report(done, total, text):
    if done * 100 // total >= stop:
        print("here", flush=True)
        sys.stdin.read()
def read():
    return int(Path("/proc/self/io").read_text().split()[1])
store = open_store(data)
before = read()
medium = import_medium(store, data, source, "killed", report, "tester", 0.0)
print(read() - before, medium.revision, flush=True)
"""


@pytest.fixture
def large(tree: Path) -> Path:
    """The sample with a good deal of plain files beside it."""
    draw = random.Random(7)
    (tree / "more").mkdir()
    for number in range(MANY):
        (tree / "more" / f"{number:03}").write_bytes(draw.randbytes(EACH))
    return tree


@contextmanager
def importing(data: Path, source: Path, percent: int) -> Iterator[subprocess.Popen[str]]:
    """A process that imports `source` as `killed`, and stands still in its main thread from so many per cent on."""
    command = [sys.executable, "-c", _IMPORTER, str(data), str(source), str(percent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def killed_at(data: Path, source: Path, percent: int) -> None:
    with importing(data, source, percent) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)


def taken_up(data: Path, source: Path) -> tuple[int, str]:
    """Import again to the end: bytes that the process read meanwhile, by whatever call, and the medium's revision."""
    with importing(data, source, 101) as process:
        assert process.stdout is not None
        read, revision = process.stdout.readline().split()
    return int(read), revision


def lies_as(store: Store, data: Path, source: Path) -> bool:
    """Whether the medium `killed` holds the very files of `source`, byte for byte, and no other."""
    with store.site.read() as connection:
        medium = media.by_name(connection, "killed")
    assert medium is not None
    ours, theirs = ({path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()} for root in
                    (data / "media" / medium.folder, source))  # fmt: skip
    return ours == theirs


@pytest.mark.parametrize("kind", ["folder", "image"])
def test_what_was_copied_before_a_kill_is_not_read_again(store: Store, data: Path, large: Path, bring: Bring, kind: str) -> None:
    source = iso_of(large, "-R") if kind == "image" else large
    total = sum(file.stat().st_size for file in large.rglob("*") if file.is_file())
    killed_at(data, source, 30)
    (before,) = staging.underway(data / "media")
    assert (before.name, before.running, before.total) == ("killed", False, total)
    assert total * 0.1 < before.done < total
    assert sweep(store, data) == []
    read, revision = taken_up(data, source)
    assert total - before.done <= read < total - before.done + 0.1 * total
    assert revision == bring(large, "whole").revision
    assert staging.underway(data / "media") == []


def test_a_file_that_was_cut_off_by_the_kill_is_copied_anew(store: Store, data: Path, large: Path, bring: Bring) -> None:
    killed_at(data, large, 30)
    tree = data / "media" / ".staging-killed" / "tree"
    done = json.loads((tree.parent / "journal").read_text().splitlines()[-1])["path"]
    os.truncate(tree / done, (tree / done).stat().st_size // 2)
    (tree / "foreign").write_text("of an earlier source")
    _, revision = taken_up(data, large)
    assert revision == bring(large, "whole").revision
    assert lies_as(store, data, large)


def test_what_is_copied_anew_and_killed_again_is_not_taken_for_what_was_once_whole(store: Store, data: Path, large: Path) -> None:
    """As after a kill between a medium's name and its row: the journal knows every file, and the folder holds none."""
    killed_at(data, large, 60)
    shutil.rmtree(data / "media" / ".staging-killed" / "tree")
    killed_at(data, large, 1)
    taken_up(data, large)
    assert lies_as(store, data, large)


def test_after_a_restart_of_the_machine_what_was_copied_is_read_before_it_is_believed(
    store: Store, data: Path, large: Path, bring: Bring
) -> None:
    killed_at(data, large, 30)
    stage = data / "media" / ".staging-killed"
    journal = (stage / "journal").read_text()
    lines = [json.loads(line) for line in journal.splitlines()]
    (stage / "journal").write_text(journal.replace(lines[0]["boot"], "another-boot"))
    lost = next(line for line in lines if line.get("size", 0) == EACH)
    (stage / "tree" / lost["path"]).write_bytes(bytes(EACH))  # as a file system shows what never reached the disk
    _, revision = taken_up(data, large)
    assert revision == bring(large, "whole").revision
    assert lies_as(store, data, large)


def test_a_source_that_changed_meanwhile_is_copied_as_it_is_now(data: Path, large: Path, bring: Bring) -> None:
    killed_at(data, large, 60)
    changed = next((data / "media" / ".staging-killed" / "tree" / "more").iterdir()).name
    (large / "more" / changed).write_bytes(b"x" * EACH)
    (large / "more" / "000").unlink(missing_ok=True)
    _, revision = taken_up(data, large)
    assert revision == bring(large, "whole").revision


def test_another_source_under_the_same_name_begins_anew(data: Path, large: Path, tmp_path: Path, bring: Bring) -> None:
    killed_at(data, large, 30)
    make_sample(tmp_path / "other")
    _, revision = taken_up(data, tmp_path / "other")
    assert revision == bring(tmp_path / "other", "whole").revision


def test_two_cannot_import_one_name_at_once(store: Store, data: Path, large: Path, bring: Bring) -> None:
    with importing(data, large, 1) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        (under,) = staging.underway(data / "media")
        assert under.running
        with pytest.raises(ConflictError, match="killed is being imported already"):
            bring(large, "killed")
        assert sweep(store, data) == []
        assert bring(large, "other").name == "other"


@pytest.mark.parametrize("lives", [True, False])
def test_a_cancelled_import_leaves_nothing(store: Store, data: Path, large: Path, lives: bool) -> None:
    source = large
    if lives:
        said: list[PxeserveError] = []

        def report(_done: int, _total: int, _text: str) -> None:
            begun.set()
            go_on.wait(60)

        def run() -> None:
            try:
                import_medium(open_store(data), data, source, "killed", report, "tester", 0.0)
            except PxeserveError as error:
                said.append(error)

        begun, go_on = threading.Event(), threading.Event()
        thread = threading.Thread(target=run)
        thread.start()
        assert begun.wait(60)
        stopping = threading.Thread(target=staging.cancel, args=(data / "media", "killed"))
        stopping.start()
        until(lambda: (data / "media" / ".staging-killed" / "cancel").exists())
        go_on.set()
        thread.join(60)
        stopping.join(60)
        assert [str(error) for error in said] == ["the import of killed was cancelled; nothing was imported"]
    else:
        killed_at(data, source, 30)
        assert staging.cancel(data / "media", "killed")
    assert nothing_is_left(store, data)
    assert not staging.cancel(data / "media", "killed")


def test_ctrl_c_leaves_nothing_and_a_lost_connection_can_be_taken_up(store: Store, data: Path, large: Path) -> None:
    def interrupt(_done: int, _total: int, _text: str) -> None:
        raise KeyboardInterrupt

    def hang_up(_done: int, _total: int, _text: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        import_medium(store, data, large, "killed", hang_up, "tester", 0.0)
    assert [one.running for one in staging.underway(data / "media")] == [False]
    with pytest.raises(KeyboardInterrupt):
        import_medium(store, data, large, "killed", interrupt, "tester", 0.0)
    assert nothing_is_left(store, data)


def test_the_sweep_keeps_for_a_week_what_can_be_taken_up(store: Store, data: Path, large: Path) -> None:
    killed_at(data, large, 30)
    stage = data / "media" / ".staging-killed"
    (data / "media" / ".staging-nothing").mkdir()
    assert sweep(store, data) == [".staging-nothing"]
    old = time.time() - staging.KEPT - 60
    os.utime(stage / "journal", (old, old))
    assert sweep(store, data) == [".staging-killed"]
    assert nothing_is_left(store, data)


def until(true: Callable[[], object], patience: float = 60.0) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.005)


class Poller:
    """Looks 200 times a second at what is visible, and opens every file of it; keeps what was not whole."""

    def __init__(self, data: Path) -> None:
        self.looks = 0
        self.seen: list[str] = []
        self._data = data
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Poller:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        store = open_store(self._data)
        shelf = Shelf(store, self._data)
        while not self._stop.wait(0.005):
            self.looks += 1
            with store.site.read() as connection:
                visible = [(medium, media.files(connection, medium.name)) for medium in inventory.media(connection)]
            for medium, files in visible:
                faults = [fault for file in files if (fault := _fault(shelf, medium, file))]
                with store.site.read() as connection:
                    if media.by_name(connection, medium.name) is not None:  # else it was removed while we looked
                        self.seen += faults
        store.close()


def _fault(shelf: Shelf, medium: Medium, file: FileRow) -> str:
    try:
        opened = shelf.open(medium, file.path)
    except PathRefused as refused:
        return f"{file.path}: {refused.reason}"
    opened.close()
    return "" if opened.size == file.size else f"{file.path}: {opened.size} of {file.size} bytes"


def _lines(journal: Path) -> int:
    try:
        return journal.read_bytes().count(b'"path"') + 1
    except FileNotFoundError:
        return 0


def poll_while_killing(store: Store, data: Path, source: Path, rounds: int) -> None:
    draw, files = random.Random(14), sum(path.is_file() for path in source.rglob("*"))
    journal = data / "media" / ".staging-killed" / "journal"
    with Poller(data) as poller:
        for number in range(rounds):
            with importing(data, source, 101) as process:
                match number % 3:
                    case 0:  # anywhere, the beginning of Python included
                        threading.Event().wait(draw.uniform(0, 1.0))
                    case 1:  # while it copies
                        until(lambda: process.poll() is not None or journal.exists())
                        threading.Event().wait(draw.uniform(0, 0.3))
                    case _:  # where it becomes visible
                        until(lambda: process.poll() is not None or _lines(journal) > files)
                        threading.Event().wait(draw.uniform(0, 0.03))
                process.kill()
            if number % 3 == 0:
                sweep(store, data)
            with store.site.read() as connection:
                finished = media.by_name(connection, "killed")
            if finished is not None:  # the kill came too late: begin again
                remove_medium(store, data, finished, "tester", 0.0)
        looks = poller.looks
    assert looks > rounds * 10
    assert poller.seen == []
    _, revision = taken_up(data, source)
    assert revision


def test_the_poller_is_not_blind(store: Store, data: Path, tree: Path, bring: Bring) -> None:
    """The control: a medium whose row comes before its files."""
    folder = data / "media" / bring(tree, "sample").folder
    with Poller(data) as poller:
        (folder / "install.img").rename(folder / "away")
        until(lambda: poller.seen)
    assert set(poller.seen) == {"install.img: not-found"}


def test_nobody_ever_sees_part_of_a_medium(store: Store, data: Path, large: Path) -> None:
    poll_while_killing(store, data, large, 6)


@pytest.mark.long
def test_nobody_ever_sees_part_of_a_medium_in_100_killed_imports(store: Store, data: Path, large: Path) -> None:
    poll_while_killing(store, data, large, 100)

"""A large file goes straight to the disk, and whatever lies in the way of that, its bytes are the right ones."""

import mmap
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.repo.writing import LARGE, Writer

PIECE = 1 << 18


def written(path: Path, content: bytes, lengths: Iterator[int], *, shift: int = 0) -> None:
    """`content` in pieces of `lengths`, each from the same memory, which begins `shift` bytes behind a page."""
    buffer = memoryview(mmap.mmap(-1, PIECE + 4096))[shift:]
    with path.open("wb", buffering=0) as out:
        writer = Writer(out.fileno(), len(content))
        at = 0
        while at < len(content):
            piece = content[at : at + next(lengths)]
            buffer[: len(piece)] = piece
            writer.write(buffer[: len(piece)])
            at += len(piece)


def whole() -> Iterator[int]:
    while True:
        yield PIECE


def resident(path: Path) -> int:
    """Bytes of it in the kernel's memory."""
    told = subprocess.run(["fincore", "--bytes", "--noheadings", "--output", "RES", path], check=True, capture_output=True, text=True)
    return int(told.stdout or 0)


@pytest.mark.parametrize("size", [0, 1, LARGE - 1, LARGE, LARGE + 1, LARGE + 4096, 3 * LARGE + 4097])
def test_every_size_is_written_whole(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    written(tmp_path / "file", content, whole())
    assert (tmp_path / "file").read_bytes() == content


def test_a_source_that_gives_short_pieces_spoils_nothing(tmp_path: Path) -> None:
    content = os.urandom(2 * LARGE + 17)
    written(tmp_path / "file", content, iter([PIECE, 5000, *[PIECE] * 20]))
    assert (tmp_path / "file").read_bytes() == content


def test_memory_that_a_disk_does_not_take_spoils_nothing(tmp_path: Path) -> None:
    content = os.urandom(2 * LARGE + 17)
    written(tmp_path / "file", content, whole(), shift=3)
    assert (tmp_path / "file").read_bytes() == content


def test_what_machines_are_being_sent_is_not_pushed_out_of_memory(tmp_path: Path) -> None:
    kind = subprocess.run(["stat", "--file-system", "--format=%T", tmp_path], check=True, capture_output=True, text=True).stdout.strip()
    if kind == "tmpfs":
        pytest.skip("the folder for tests lies in memory (tmpfs): there is no disk to write to")
    content = os.urandom(4 * LARGE + 17)
    written(tmp_path / "file", content, whole())
    assert resident(tmp_path / "file") <= 2 * mmap.PAGESIZE
    written(tmp_path / "small", content[: LARGE - 1], whole())
    assert resident(tmp_path / "small") >= LARGE - 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")
@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare is not installed")
def test_a_file_system_that_takes_nothing_past_its_memory_is_written_to_as_ever(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from tests.repo.test_writing import LARGE, whole, written
content = os.urandom(LARGE + 17)
written(Path(sys.argv[1]) / "file", content, whole())
assert (Path(sys.argv[1]) / "file").read_bytes() == content
try:
    os.open(Path(sys.argv[1]) / "file", os.O_WRONLY | os.O_DIRECT)
except OSError as error:
    print(error.strerror)
"""
    mounted = 'mount -t ramfs none "$1" && exec "$2" -c "$3" "$1"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mounted, "sh", tmp_path, sys.executable, code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "Invalid argument\n"), done.stderr

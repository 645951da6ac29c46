"""Small files that are kept as they were read, and read anew as soon as anything about them has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pxeserve.handout.kept import LARGEST, Kept, Small
from pxeserve.paths import OpenFile, PathRefused, Root


class Counting:
    """Opens by the safe way, and counts."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def __call__(self, folder: Path, name: str) -> OpenFile:
        self.opened.append(name)
        root = Root(folder)
        try:
            return root.open(name)
        finally:
            root.close()


@pytest.fixture
def opening() -> Counting:
    return Counting()


def test_an_unchanged_file_is_read_once(tmp_path: Path, opening: Counting) -> None:
    (tmp_path / "menu").write_bytes(b"one")
    kept = Kept(opening)
    first, second = kept.get(tmp_path, "menu"), kept.get(tmp_path, "menu")
    assert isinstance(first, Small)
    assert first == second
    assert (first.data, opening.opened) == (b"one", ["menu"])


def _rewritten(file: Path) -> None:
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))


def _replaced(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(b"two")
    other.replace(file)


@pytest.mark.parametrize("change", [_rewritten, _replaced])
def test_a_changed_file_is_read_anew(tmp_path: Path, opening: Counting, change: Callable[[Path], None]) -> None:
    file = tmp_path / "menu"
    file.write_bytes(b"one")
    kept = Kept(opening)
    before = kept.get(tmp_path, "menu")
    change(file)
    after = kept.get(tmp_path, "menu")
    assert isinstance(before, Small)
    assert isinstance(after, Small)
    assert after.data == b"two"
    assert after.key != before.key


def test_a_file_that_has_gone_or_become_a_link_is_refused(tmp_path: Path, opening: Counting) -> None:
    file = tmp_path / "menu"
    file.write_bytes(b"one")
    kept = Kept(opening)
    kept.get(tmp_path, "menu")
    file.unlink()
    with pytest.raises(PathRefused):
        kept.get(tmp_path, "menu")
    (tmp_path / "secret").write_bytes(b"secret")
    file.symlink_to("secret")
    with pytest.raises(PathRefused):
        kept.get(tmp_path, "menu")


def test_a_larger_file_is_only_opened(tmp_path: Path, opening: Counting) -> None:
    (tmp_path / "big").write_bytes(bytes(LARGEST + 1))
    kept = Kept(opening)
    for _ in range(2):
        found = kept.get(tmp_path, "big")
        assert isinstance(found, OpenFile)
        found.close()
    assert len(opening.opened) == 2


def test_so_many_are_kept_and_the_oldest_forgotten(tmp_path: Path, opening: Counting) -> None:
    kept = Kept(opening)
    for number in range(300):
        (tmp_path / str(number)).write_bytes(b"x")
        kept.get(tmp_path, str(number))
    kept.get(tmp_path, "299")
    kept.get(tmp_path, "0")
    assert opening.opened[300:] == ["0"]

"""The megabyte that lets a service start on a full disk. `tests/faults/test_full_disk.py` starts one there."""

from __future__ import annotations

from pathlib import Path

from pxeserve.supervisor import prepare, reserve


def test_it_is_really_allocated_and_given_back(tmp_path: Path) -> None:
    reserve.set_aside(tmp_path)
    (made,) = tmp_path.iterdir()
    assert made.stat().st_blocks * 512 >= reserve.SIZE
    reserve.give_back(tmp_path)
    assert not list(tmp_path.iterdir())
    reserve.give_back(tmp_path)


def test_the_state_is_made_ready_with_it_beside(tmp_path: Path) -> None:
    for _ in range(2):
        prepare.fill(tmp_path)
        assert (tmp_path / "state" / "reserve").stat().st_size == reserve.SIZE

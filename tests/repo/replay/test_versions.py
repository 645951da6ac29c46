"""How installers compare versions."""

from __future__ import annotations

import pytest

from pxeserve.repo.replay.generation import GENERATIONS
from pxeserve.repo.replay.reading import InstallerError
from pxeserve.repo.replay.versions import compare, readable

OLD, LATER = GENERATIONS["5.6"], GENERATIONS["6.5"]


@pytest.mark.parametrize(
    ("left", "right", "old", "later"),
    [
        ("5.6.0", "5.6.0", 0, 0),
        ("5.6.1", "5.6.0", 1, 1),
        ("5.6.0", "5.10.0", -1, -1),
        ("5.6.0-100p", "5.6.0-200p", -1, 0),
        ("5.6.0-100p", "5.6.0", 0, 0),
        ("5.6", "5.6.0", 0, -1),
    ],
)
def test_5_6_counts_builds_and_later_ones_do_not(left: str, right: str, old: int, later: int) -> None:
    assert [(n > 0) - (n < 0) for n in (compare(left, right, OLD), compare(left, right, LATER))] == [old, later]


def test_what_cannot_be_read() -> None:
    readable("six", LATER)
    with pytest.raises(InstallerError):
        readable("six", OLD)
    with pytest.raises(InstallerError):
        compare("6.x", "6.5", LATER)

"""A simulated pool for whoever asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recovery.simulated import Simulated, running


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Simulated]:
    """A program without hosts, of a folder of its own."""
    folder = tmp_path / "simulated"
    folder.mkdir()
    with running(folder) as started:
        yield started

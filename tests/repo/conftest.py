"""A store, a data folder and a good tree to spoil."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pxeserve.domain.medium import Medium
from pxeserve.repo.imports import import_medium
from pxeserve.repo.sample import make_sample
from pxeserve.store import Store, open_store

NOW = 1_790_000_000.0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def store(data: Path) -> Iterator[Store]:
    opened = open_store(data, migrate=True)
    yield opened
    opened.close()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    make_sample(folder)
    return folder


@pytest.fixture
def bring(store: Store, data: Path) -> Callable[[Path, str], Medium]:
    """Import a source under a name."""
    return lambda source, name: import_medium(store, data, source, name, lambda *_: None, "tester", NOW)

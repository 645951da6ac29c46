"""A store, a data folder, a good tree to spoil, and a server that gives one away."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pxeserve.domain.medium import Medium
from pxeserve.repo.imports import Wanted, import_medium
from pxeserve.repo.sample import make_sample
from pxeserve.repo.sources.address import Limits
from pxeserve.store import Store, open_store
from tests.repo.archives import archive_of
from tests.repo.mirror import LOOPBACK, Mirror

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


@pytest.fixture
def mirror(tree: Path) -> Iterator[Mirror]:
    made = Mirror(archive_of(tree))
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def fetch(store: Store, data: Path) -> Callable[..., Medium]:
    def bring(url: str, limits: Limits = LOOPBACK) -> Medium:
        return import_medium(store, data, Wanted((url,), "far", limits=limits), "far", lambda *_: None, "tester", 0.0)

    return bring

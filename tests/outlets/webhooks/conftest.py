"""A hook that posts to a receiver on a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.store import open_store
from tests.outlets.webhooks.receiving import SECRET, Post, Receiver


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    store = open_store(tmp_path, migrate=True)
    (tmp_path / "run").mkdir()
    (tmp_path / "secret").write_text(SECRET + "\n")
    (tmp_path / "secret").chmod(0o600)
    receiver = Receiver()
    made = Post(tmp_path, store, receiver)
    yield made
    for hook in made.hooks:
        hook.close()
    for one in {receiver, made.receiver}:
        one.end()
    store.close()

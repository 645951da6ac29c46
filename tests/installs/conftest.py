"""The world of one host, for every test that tells a part of an install's life."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pxeserve.domain.host import Host, Profile
from pxeserve.keys import load_keys
from pxeserve.store import inventory, open_store
from tests.installs.world import MAC, MINE, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(tmp_path, migrate=True)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        inventory.put_host(connection, Host(0, "xen01", (MAC,), "rack"))
    made = World(store, load_keys(tmp_path), tmp_path)
    made.lend(MINE, MAC)
    yield made
    store.close()

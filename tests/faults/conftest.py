"""Houses for services that are about to be hurt. All of this needs root: namespaces, and a parent that gives root up."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.service import Service
from tests.faults.space import Space, space

BODY = random.Random(1350).randbytes(600_000)
"""The file that is served, as `body.bin` over TFTP and `/f/body.bin` over HTTP."""

Figure = Callable[[str], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() != 0:
        for item in items:
            if "faults" in item.path.parts and item.get_closest_marker("netns"):
                item.add_marker(pytest.mark.skip(reason="network namespaces need root"))


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Keeps a line for the end of the run, where measured figures are told."""
    return lambda line: record_property("figure", line)


@pytest.fixture(scope="session")
def body() -> bytes:
    return BODY


@pytest.fixture
def alone() -> Iterator[Space]:
    """A namespace with nothing but loopback."""
    with space() as made:
        yield made


@contextmanager
def _furnishing() -> Iterator[Callable[..., Service]]:
    made: list[Service] = []
    folders: list[Path] = []

    def make(where: Space, *, leases: int = 0, folder: Path | None = None, **more: object) -> Service:
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="pxf", dir="/tmp"))
            folder.chmod(0o755)
            folders.append(folder)
        service = Service(folder, where, **more)  # type: ignore[arg-type]
        made.append(service)
        service.data.mkdir(exist_ok=True)
        subprocess.run([sys.executable, "-m", "pxeserve.supervisor.filling", str(service.data)], check=True)
        (service.data / "tftp" / "body.bin").write_bytes(BODY)
        (service.data / "files" / "body.bin").write_bytes(BODY)
        if leases:
            fill(service.data / "state" / "leases.db", leases)
        service.give()
        return service

    try:
        yield make
    finally:
        for service in made:
            service.stop()
        for one in folders:
            shutil.rmtree(one, ignore_errors=True)


@pytest.fixture
def furnish() -> Iterator[Callable[..., Service]]:
    """Makes a house in a namespace: a data folder with the file in it, and as many leases as asked. Nothing runs yet."""
    with _furnishing() as make:
        yield make


@pytest.fixture(scope="module")
def furnish_module() -> Iterator[Callable[..., Service]]:
    """The same for all tests of a module."""
    with _furnishing() as make:
        yield make


def fill(database: Path, count: int) -> None:
    """`count` leases of machines that are never heard here, from 10.120.0.0 on, as the server would have left them."""
    now = time.time()
    rows = [
        (f"10.120.{number // 256}.{number % 256}", f"06:00:00:00:{number // 256:02x}:{number % 256:02x}", now, now + 86400)
        for number in range(count)
    ]
    with sqlite3.connect(database) as connection:
        connection.executemany(
            "INSERT INTO lease (address, mac, client_id, hostname, state, starts, expires, relay) VALUES (?, ?, '', '', 'bound', ?, ?, '')",
            rows,
        )
    connection.close()

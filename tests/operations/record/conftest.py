"""A record that a test writes itself, as the worker does, and the verbs that read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.config import Config
from pxeserve.domain.host import Host, Profile
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context, Progress
from pxeserve.store import Store, inventory, open_store
from pxeserve.supervisor import folder as data_folder
from pxeserve.supervisor import prepare

NOW = 1_800_000_000.0
MAC, OTHER = "52:54:00:77:00:01", "52:54:00:99:99:99"


class Room:
    """One host, xen01 with MAC, and what is on record."""

    def __init__(self, folder: Path) -> None:
        data_folder.own_folder(folder, None)
        prepare.fill(folder)
        self.store: Store = open_store(folder)
        config = Config.model_validate({"server": {"data": str(folder), "interface": "lo", "address": "127.0.0.1"}})
        self.context = Context(config, self.store, Actor("root"), lambda _: None, Recorder(folder / "run" / SOCKET_NAME, "console"))
        with self.store.site.write() as connection:
            inventory.put_profile(connection, Profile("rack-a"))
        self.put(Host(0, "xen01", (MAC,), "rack-a"))

    def put(self, host: Host) -> Host:
        """A host comes, or is changed; the one with its row."""
        with self.store.site.write() as connection:
            inventory.put_host(connection, host)
            found = inventory.host(connection, host.name)
        assert found is not None
        return found

    def tell(self, *events: Event) -> None:
        """Write them down."""
        Ledger(self.store).write(list(events))

    def ask(self, verb: str, **arguments: Any) -> Any:
        return registry.call(self.context, verb, arguments)

    def unserved(self, verb: str, **arguments: Any) -> Any:
        """The same while no service runs."""
        return registry.call(replace(self.context, recorder=None), verb, arguments)

    def reporting(self, report: Callable[[Progress], None], verb: str, **arguments: Any) -> Any:
        """The same, with progress told to somebody."""
        return registry.call(replace(self.context, report=report), verb, arguments)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path / "data")
    yield made
    made.store.close()

"""A worker on a real socket and a real store, driven turn by turn or run whole."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from pxeserve.config import Config
from pxeserve.config.outlets import RecordConfig
from pxeserve.domain.host import Host, Profile
from pxeserve.events import traffic
from pxeserve.events.inbox import ROOM, Inbox
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.events.server import Worker
from pxeserve.serving import Order, Serving
from pxeserve.store import Store, inventory, open_store
from pxeserve.store import tables as t

NOW = 1_800_000_000.0
MAC = "52:54:00:77:00:01"


@dataclass
class Room:
    """The worker's surroundings. `lapsed` holds the moments at which arms were let lapse."""

    data: Path
    store: Store
    sock: socket.socket
    parent: socket.socket
    serving: Serving
    signs: list[str] = field(default_factory=list)
    lapsed: list[float] = field(default_factory=list)

    def worker(self, room: int = ROOM, kept: RecordConfig | None = None) -> Worker:
        return Worker(self.store, Inbox(self.sock, room), kept, clock=lambda: NOW, lapse=self.lapse)

    def lapse(self, _store: Store, now: float) -> int:
        self.lapsed.append(now)
        return 0

    def recorder(self, source: str = "dhcp") -> Recorder:
        return Recorder(self.data / "run" / SOCKET_NAME, source)

    def say(self, *datagrams: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(str(self.data / "run" / SOCKET_NAME))
            for datagram in datagrams:
                sender.send(datagram)

    def run_to_the_end(self, worker: Worker) -> None:
        """Run the worker as its process does. The order to stop is there from the beginning: it drains what has come and returns."""
        self.parent.send(Order.STOP.value.encode())
        worker.run(self.serving)

    def run_beside(self, worker: Worker) -> threading.Thread:
        thread = threading.Thread(target=worker.run, args=(self.serving,))
        thread.start()
        return thread

    def stop(self, thread: threading.Thread) -> None:
        self.parent.send(Order.STOP.value.encode())
        thread.join(30)
        assert not thread.is_alive()

    def events(self) -> list[Any]:
        with self.store.events.read() as connection:
            return list(connection.execute(select(t.event).order_by(t.event.c.id)))

    def counts(self) -> dict[tuple[str, str], int]:
        with self.store.events.read() as connection:
            rows = connection.execute(select(t.counter).where(t.counter.c.source != traffic.SOURCE)).all()
        sums: dict[tuple[str, str], int] = {}
        for minute, source, reason, count in rows:
            assert minute > 0
            sums[(source, reason)] = sums.get((source, reason), 0) + count
        return sums

    def transition(self, kind: str = "install.armed", **data: Any) -> None:
        """What `installs` leaves beside a transition."""
        row = {"at": NOW, "install_id": "k3d9", "host_id": 1, "kind": kind, "data": data}
        with self.store.site.write() as connection:
            connection.execute(insert(t.install_event).values(row))

    def outbox(self) -> int:
        with self.store.site.read() as connection:
            return len(connection.execute(select(t.install_event)).all())


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with furnished(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def make_room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Room]]:
    """Makes a room more, for a test that needs a new one each time."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(furnished(tmp_path_factory.mktemp("room")))


@contextmanager
def furnished(tmp_path: Path) -> Iterator[Room]:
    store = open_store(tmp_path, migrate=True)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack-a"))
        inventory.put_host(connection, Host(0, "xen01", (MAC,), "rack-a"))
    (tmp_path / "run").mkdir()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    sock.bind(str(tmp_path / "run" / SOCKET_NAME))
    parent, orders = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    orders.setblocking(False)
    signs: list[str] = []
    config = Config.model_validate({"server": {"data": str(tmp_path)}})
    serving = Serving(config, (), {"events": sock}, orders, lambda: signs.append("ready"), lambda: signs.append("beat"))
    yield Room(tmp_path, store, sock, parent, serving, signs)
    for one in (sock, parent, orders):
        one.close()
    store.close()

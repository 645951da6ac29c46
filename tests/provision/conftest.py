"""A listener with a real store, a real medium and a real loop on loopback, and an ear where the worker would be."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert

from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.handout.answer import Given, Refused, Who, Why
from pxeserve.handout.names import Asked
from pxeserve.handout.request import By
from pxeserve.installs.logs import Kept
from pxeserve.provision.app import Acts
from pxeserve.provision.booting import Boots
from pxeserve.provision.journal import Journal
from pxeserve.provision.loop import Loop
from pxeserve.provision.machines import Machines, build
from pxeserve.store import Store, inventory, open_store
from pxeserve.store import tables as t

BIG = os.urandom(1 << 20) * 5
SMALL = b"xs:main\nXenServer Pack\nXenServer\n4.1.0\n"
TOKEN = "t" * 43


@dataclass
class Delivery:
    """An answerfile whose consumption is written down, with what had happened on the wire by then."""

    body: bytes
    install_id: str = "i-1"
    allowed: bool = True
    committed: threading.Event = field(default_factory=threading.Event)

    def commit(self) -> bool:
        self.committed.set()
        return self.allowed


@dataclass
class Names:
    """Stands where `handout` would: knows what it is told, and remembers what was delivered."""

    known: dict[str, Given] = field(default_factory=dict)
    used_up: list[tuple[str, IPv4Address]] = field(default_factory=list)

    def resolve(self, path: str, by: By, address: IPv4Address, now: float) -> Given | Refused:
        assert (by, now > 0, address.is_loopback) == (By.HTTP, True, True)
        return self.known.get(path) or Refused(Why.TROUBLE if path == "trouble" else Why.NOT_FOUND, "test", Who())

    def delivered(self, install_id: str, address: IPv4Address, by: By) -> None:
        assert by is By.HTTP
        self.used_up.append((install_id, address))

    def who(self, asked: Asked) -> Who:
        return Who(asked.session, "52:54:00:77:00:01", "xen01", asked.install)


@dataclass
class Clock:
    """Monotonic time that a test may set forward."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@dataclass
class Installs:
    """Stands where installs would: knows one token, and remembers who asked."""

    delivery: Delivery = field(default_factory=lambda: Delivery(b"<installation>\n" + b" " * 3000 + b"</installation>\n"))
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    fails: bool = False

    def deliver(self, token: str, address: IPv4Address, _now: float) -> Delivery | None:
        self.asked.append(("a", token, str(address)))
        if self.fails:
            raise RuntimeError("the store burst")
        return self.delivery if token == TOKEN else None

    def script(self, token: str, name: str, _address: IPv4Address, _now: float) -> bytes | None:
        self.asked.append(("s", token, name))
        return b"#!/bin/sh\nexit 0\n" if (token, name) == (TOKEN, "post") else None

    def progress(self, token: str, stage: str, _address: IPv4Address, _now: float) -> bool:
        self.asked.append(("p", token, stage))
        return token == TOKEN

    def serial(self, token: str, number: str, _address: IPv4Address, _now: float) -> None:
        self.asked.append(("n", token, number))

    def log(self, token: str, stage: str, body: bytes, _address: IPv4Address, _now: float) -> Kept | None:
        self.asked.append(("l", token, stage, len(body)))
        fresh = [one[0] for one in self.asked].count("l") == 1
        return Kept("i-1", stage, len(body), ("no disk",), fresh) if token == TOKEN else None


@dataclass
class Ear:
    """Receives what the worker would."""

    socket: socket.socket
    counts: dict[str, int] = field(default_factory=dict)
    lines: deque[bytes] = field(default_factory=deque)

    def next(self) -> dict[str, Any]:
        """The next line; fails after a minute without one."""
        if not self.lines:
            self.lines.extend(self.socket.recv(65536).splitlines())
        return dict(json.loads(self.lines.popleft()))

    def wait(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """The next `count` events of `kind`; fails after a minute without a word."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            line = self.next()
            self._count(line)
            if "event" in line and line["event"]["kind"] == kind:
                found.append(line["event"])
        return found

    def counted(self, reason: str, count: int) -> bool:
        """Wait until `reason` was counted `count` times; fails after a minute without a word."""
        total = self.counts.get(reason, 0)
        while total < count:
            total += self._count(self.next()).get(reason, 0)
        return total == count

    def _count(self, line: dict[str, Any]) -> dict[str, int]:
        if "count" not in line:
            return {}
        found = {line["count"]["reason"]: line["count"]["count"]}
        for reason, count in found.items():
            self.counts[reason] = self.counts.get(reason, 0) + count
        return found


@dataclass
class Site:
    """The running listener and everything around it."""

    data: Path
    store: Store
    installs: Installs
    machines: Machines
    loop: Loop
    ear: Ear
    clock: Clock
    address: tuple[str, int]
    names: Names

    @property
    def url(self) -> str:
        return f"http://{self.address[0]}:{self.address[1]}"

    @property
    def folder(self) -> Path:
        return self.data / "media" / "disc-1"

    def put(self, path: str, content: bytes, position: int = -1) -> None:
        """A file of the medium `disc`, in its folder and in the manifest."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        row = {"medium": "disc", "path": path, "position": position, "kind": "plain", "size": len(content), "md5": "", "sha256": ""}
        with self.store.site.write() as connection:
            connection.execute(insert(t.medium_file).values(row))

    def add_medium(self, name: str, folder: str) -> None:
        """Make a further medium visible."""
        add_medium(self.store, name, folder)

    def remove_medium(self, name: str) -> None:
        """Take a medium's row away; its folder stays."""
        with self.store.site.write() as connection:
            connection.execute(delete(t.medium).where(t.medium.c.name == name))
            inventory.raise_revision(connection)

    def connect(self, source: str = "127.0.0.1", receive: int | None = None) -> socket.socket:
        """A connection of one's own, from an address of one's own on loopback; `receive` bounds its receive buffer."""
        sock = socket.socket()
        sock.settimeout(60)
        if receive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        sock.bind((source, 0))
        sock.connect(self.address)
        return sock

    def talk(self, raw: bytes, source: str = "127.0.0.1") -> bytes:
        """Send `raw` and read until the server closes."""
        with self.connect(source) as sock:
            sock.sendall(raw)
            return read_all(sock)


def read_all(sock: socket.socket) -> bytes:
    """All bytes until the peer closes; a reset raises."""
    parts = []
    while part := sock.recv(65536):
        parts.append(part)
    return b"".join(parts)


def add_medium(store: Store, name: str, folder: str) -> None:
    """A row that makes a medium visible."""
    with store.site.write() as connection:
        connection.execute(
            insert(t.medium).values(
                name=name, folder=folder, format="xs-text", product="XenServer", version="4.1.0", build="7843p", dialect="4.1",
                revision="r1", boot=None, repositories=["packages.main"], state="good", origin="test", imported_at=1.0,
            )
        )
        inventory.raise_revision(connection)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A listener on a free port of loopback, serving the medium `disc`."""
    (tmp_path / "run").mkdir()
    heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    heard.bind(str(tmp_path / "run" / SOCKET_NAME))
    heard.settimeout(60)
    store = open_store(tmp_path, migrate=True)
    add_medium(store, "disc", "disc-1")
    door = socket.create_server(("127.0.0.1", 0), backlog=1024)
    door.setblocking(False)
    port = door.getsockname()[1]
    installs = Installs()
    recorder = Recorder(tmp_path / "run" / SOCKET_NAME, "provision")
    acts = Acts(installs.deliver, installs.script, installs.progress, installs.log, installs.serial)
    names = Names()
    machines = build(tmp_path, store, recorder, acts, frozenset({f"127.0.0.1:{port}"}), Boots({}, names))
    clock = Clock()
    loop = Loop([door], machines, clock, machines.files.close)
    machines.give_back = loop.give_back
    site = Site(tmp_path, store, installs, machines, loop, Ear(heard), clock, ("127.0.0.1", port), names)
    site.put("boot/xen.gz", BIG)
    site.put("packages.main/XS-REPOSITORY", SMALL)
    site.put("packages.main/one.tar.bz2", b"1" * 100, position=0)
    site.put("packages.main/two.tar.bz2", b"2" * 100_000, position=1)
    site.put(".treeinfo", b"[general]\n")
    site.put("empty", b"")
    ending, end = socket.socketpair()
    loop.watch(ending.fileno(), loop.stop)
    thread = threading.Thread(target=_turn, args=(loop, machines.journal), daemon=True)
    thread.start()
    yield site
    end.close()
    thread.join(60)
    assert not thread.is_alive(), "the loop did not stop"
    loop.close()
    machines.close()
    recorder.close()
    store.close()
    for one in (door, heard, ending):
        one.close()


def _turn(loop: Loop, journal: Journal) -> None:
    while not loop.finished:
        loop.step(0.05)
        journal.flush()

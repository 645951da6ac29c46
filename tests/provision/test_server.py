"""The child as the parent sees it: ready, alive, stopped, bereft; and short of descriptors. A process of its own each time."""

from __future__ import annotations

import multiprocessing
import os
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import insert

from pxeserve.config import Config
from pxeserve.provision.server import serve
from pxeserve.serving import Listener, Order, Serving
from pxeserve.store import inventory, open_store
from pxeserve.store import tables as t

GOOD = b"GET /media/disc/small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BIG = b"GET /media/disc/big HTTP/1.1\r\nHost: x\r\n\r\n"
SIZE = 8_000_000


@dataclass
class Child:
    """A running child, and the parent's ends of its signs of life."""

    process: BaseProcess
    orders: socket.socket
    signs: int
    port: int

    def connect(self, receive: int | None = None) -> socket.socket:
        sock = socket.socket()
        sock.settimeout(20)
        if receive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        sock.connect(("127.0.0.1", self.port))
        return sock


def _life(data: Path, door: socket.socket, orders: socket.socket, signs: int, descriptors: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    config = Config.model_validate({"server": {"data": str(data)}, "http": {"port": door.getsockname()[1]}})
    listener = Listener("lo", IPv4Address("127.0.0.1"), IPv4Interface("127.0.0.1/8"))
    serve(Serving(config, (listener,), {"http:lo": door}, orders, lambda: _sign(signs, b"r"), lambda: _sign(signs, b"b")))


def _sign(signs: int, what: bytes) -> None:
    os.write(signs, what)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[int], Child]]:
    """Starts a child with so many descriptors."""
    folder = tmp_path / "media" / "disc-1"
    folder.mkdir(parents=True)
    (folder / "small").write_bytes(b"small\n")
    (folder / "big").write_bytes(bytes(SIZE))
    store = open_store(tmp_path, migrate=True)
    with store.site.write() as connection:
        connection.execute(
            insert(t.medium).values(
                name="disc", folder="disc-1", format="xs-text", product="XenServer", version="4.1.0", build="7843p", dialect="4.1",
                revision="r1", boot=None, repositories=[], state="good", origin="test", imported_at=1.0,
            )
        )
        inventory.raise_revision(connection)
    store.close()
    started: list[Child] = []

    def begin(descriptors: int) -> Child:
        door = socket.create_server(("127.0.0.1", 0), backlog=512)
        door.setblocking(False)
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        told, signs = os.pipe()
        process = multiprocessing.get_context("fork").Process(target=_life, args=(tmp_path, door, theirs, signs, descriptors))
        process.start()
        port = door.getsockname()[1]
        for one in (door, theirs):
            one.close()
        os.close(signs)
        child = Child(process, ours, told, port)
        started.append(child)
        assert os.read(told, 1) == b"r"
        return child

    yield begin
    for child in started:
        child.process.kill()
        child.process.join()
        child.orders.close()
        os.close(child.signs)


def test_it_answers_lives_and_stops_when_told(start: Callable[[int], Child]) -> None:
    child = start(1024)
    with child.connect() as sock:
        sock.sendall(GOOD)
        assert sock.recv(1000).endswith(b"small\n")
    assert os.read(child.signs, 1) == b"b"
    child.orders.send(Order.RELOAD.value.encode())
    with child.connect() as idle, child.connect(receive=4096) as running:
        running.sendall(BIG)
        data = running.recv(1000)
        assert data.startswith(b"HTTP/1.1 200 ")
        child.orders.send(Order.STOP.value.encode())
        assert idle.recv(1) == b"", "who only waits is let go at once"
        while part := running.recv(1 << 20):
            data += part
    assert len(data.partition(b"\r\n\r\n")[2]) == SIZE, "what runs is finished"
    child.process.join(20)
    assert child.process.exitcode == 0


def test_it_ends_with_its_parent(start: Callable[[int], Child]) -> None:
    child = start(1024)
    child.orders.shutdown(socket.SHUT_RDWR)
    child.process.join(20)
    assert child.process.exitcode == 0


def test_a_crowd_is_served_although_descriptors_run_out(start: Callable[[int], Child]) -> None:
    child = start(48)
    with ExitStack() as stack:
        crowd = [stack.enter_context(child.connect()) for _ in range(200)]
        for sock in crowd:
            sock.sendall(GOOD)
        assert [sock.recv(1000)[-6:] for sock in crowd] == [b"small\n"] * 200


def test_silent_ones_who_take_all_descriptors_give_way(start: Callable[[int], Child]) -> None:
    child = start(48)
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(child.connect()).sendall(b"GET ")
        with child.connect() as good:
            good.sendall(GOOD)
            assert good.recv(1000).endswith(b"small\n")

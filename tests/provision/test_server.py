"""The child as the parent sees it: ready, alive, stopped, bereft; and short of descriptors. A process of its own each time."""

from __future__ import annotations

import multiprocessing
import os
import resource
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Interface
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from pxeserve.config import Config
from pxeserve.domain.host import Host
from pxeserve.domain.install import InstallState
from pxeserve.domain.medium import Medium
from pxeserve.installs import arming, seal
from pxeserve.keys import load_keys
from pxeserve.provision.head import Request, parse
from pxeserve.provision.media import MediaFiles
from pxeserve.provision.responses import ShortReply
from pxeserve.provision.server import serve
from pxeserve.serving import Listener, Order, Serving
from pxeserve.shelf import Shelf
from pxeserve.store import installs, inventory, leases, open_store
from pxeserve.store import tables as t

GOOD = b"GET /media/disc/small HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
BIG = b"GET /media/disc/big HTTP/1.1\r\nHost: x\r\n\r\n"
SIZE = 8_000_000
HOST = Host(0, "xen01", ("52:54:00:77:00:01",), "rack-a")


@dataclass
class Child:
    """A running child, and the parent's ends of its signs of life."""

    process: BaseProcess
    orders: socket.socket
    signs: int
    port: int
    data: Path

    def ask(self, path: str) -> bytes:
        """GET `path`, and all that comes until the server closes."""
        with self.connect() as sock:
            sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            parts = []
            while part := sock.recv(65536):
                parts.append(part)
        return b"".join(parts)

    def connect(self, receive: int | None = None) -> socket.socket:
        sock = socket.socket()
        sock.settimeout(20)
        if receive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        sock.connect(("127.0.0.1", self.port))
        return sock


def _life(data: Path, door: socket.socket, orders: socket.socket, signs: int, descriptors: int) -> None:
    _close_all_but({0, 1, 2, door.fileno(), orders.fileno(), signs})
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    config = Config.model_validate({"server": {"data": str(data)}, "http": {"port": door.getsockname()[1]}})
    listener = Listener("lo", IPv4Address("127.0.0.1"), IPv4Interface("127.0.0.1/8"))
    serve(Serving(config, (listener,), {"http:lo": door}, orders, lambda: _sign(signs, b"r"), lambda: _sign(signs, b"b")))


def _close_all_but(kept: set[int]) -> None:
    """What the tests before this one left open is not this child's to count with."""
    for number in (int(name) for name in os.listdir("/proc/self/fd")):
        if number not in kept:
            with suppress(OSError):
                os.close(number)


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
        child = Child(process, ours, told, port, tmp_path)
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


def test_an_armed_host_gets_its_answers_once_it_has_read_them(start: Callable[[int], Child]) -> None:
    """With the real installs: who hangs up consumes nothing, who reads to the end consumes it, and then the hooks report."""
    child = start(1024)
    store, keys, now = open_store(child.data), load_keys(child.data), time.time()
    answers = b"<installation>\n" + b"<!-- filler -->\n" * 400_000 + b"</installation>\n"
    frozen = seal.Frozen(seal.new_key(), answers, {"post": b"#!/bin/sh\n"})
    address = IPv4Address("127.0.0.1")
    with store.site.write() as connection:
        host = replace(HOST, id=inventory.put_host(connection, HOST))
    with store.leases.write() as connection:
        leases.put(connection, [leases.LeaseRow(address, HOST.macs[0], "", "", "bound", now, now + 3600)])
    acts = arming.Arming(store, keys, Config())
    install = acts.arm(arming.Order(host, None, "fresh", False, True, frozen, "test"), now)
    grant = acts.open_boot(install, HOST.macs[0], address, now)
    assert isinstance(grant, arming.BootGrant)

    def state() -> InstallState:
        with store.site.read() as connection:
            row = installs.by_id(connection, install.id)
        assert row is not None
        return row.state

    path = f"/a/{grant.answerfile_token}"
    with child.connect(receive=4096) as early:
        early.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert early.recv(64).startswith(b"HTTP/1.1 200 ")
    assert state() is InstallState.BOOTING
    assert child.ask(path).partition(b"\r\n\r\n")[2] == answers
    assert state() is InstallState.ANSWERED
    script = child.ask(f"/s/{seal.token(frozen.key, seal.purpose('script', 'post'))}/post")
    assert script.endswith(b"#!/bin/sh\n")
    assert state() is InstallState.INSTALLING
    assert b" 404 " in child.ask(path)
    assert b" 204 " in child.ask(f"/p/{seal.token(frozen.key, seal.purpose('progress', ''))}/done")
    assert state() is InstallState.DONE
    store.close()


def test_it_ends_with_its_parent(start: Callable[[int], Child]) -> None:
    child = start(1024)
    child.orders.shutdown(socket.SHUT_RDWR)
    child.process.join(20)
    assert child.process.exitcode == 0


def test_a_crowd_is_served_with_few_descriptors(start: Callable[[int], Child]) -> None:
    child = start(96)
    with ExitStack() as stack:
        crowd = [stack.enter_context(child.connect()) for _ in range(200)]
        for sock in crowd:
            sock.sendall(GOOD)
        assert [sock.recv(1000)[-6:] for sock in crowd] == [b"small\n"] * 200


def test_silent_ones_who_take_all_places_give_way(start: Callable[[int], Child]) -> None:
    child = start(96)
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(child.connect()).sendall(b"GET ")
        with child.connect() as good:
            good.sendall(GOOD)
            assert good.recv(1000).endswith(b"small\n")


def test_while_nothing_is_known_of_the_media_a_machine_is_told_to_come_back(tmp_path: Path) -> None:
    def unreadable() -> Mapping[str, Medium]:
        raise OperationalError("unable to open database file", None, OSError(24, "Too many open files"))

    request = parse(GOOD)
    assert isinstance(request, Request)
    files = MediaFiles(unreadable, tmp_path, Shelf(open_store(tmp_path, migrate=True), tmp_path))
    files.look(0.0)
    answer = files.answer(request, 0.0, keep=True)
    assert isinstance(answer, ShortReply)
    assert answer.status == 503
    assert b"Retry-After" in answer.content

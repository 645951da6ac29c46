"""A TFTP client as a core of its own, a wire that does what a script says, and a real server on loopback."""

from __future__ import annotations

import heapq
import itertools
import json
import queue
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from ipaddress import IPv4Address

import pytest

from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.tftp.blocks import Blocks, PacketCache, netascii, octet, wire_number
from pxeserve.tftp.content import Content, Refusal
from pxeserve.tftp.desk import Bounds
from pxeserve.tftp.options import Limits, negotiate
from pxeserve.tftp.outcome import Ended
from pxeserve.tftp.packet import Ack, Address, Data, Error, Mode, OptionAck, Request, parse
from pxeserve.tftp.server import TftpServer
from pxeserve.tftp.session import Gate
from pxeserve.tftp.transfer import Transfer

CLIENT = Address("192.0.2.7", 2070)
PATIENCE = 60.0
"""Seconds that anything may take on a machine with other work."""


class Reader:
    """A client that reads one file: lock step or windows (RFC 7440), its own patience, no socket and no clock.

    It acknowledges a block it already has, as most clients do, and in a window the last block in order when one is missing.
    """

    def __init__(self, options: dict[str, str], patience: float, now: float) -> None:
        self.asked = bool(options)
        self.blksize, self.windowsize, self.rollover = 512, 1, 0
        self.body = bytearray()
        self.done = False
        self.failed: str | None = None
        self._patience = patience
        self._silence = 0
        self._have = 0
        self._unacknowledged = 0
        self._last: bytes | None = None
        self._deadline = now + patience

    def receive(self, data: bytes, now: float) -> list[bytes]:
        """What to answer."""
        match parse(data):
            case OptionAck(options):
                if self._have:
                    return []
                granted = dict(options)
                self.blksize = int(granted.get("blksize", 512))
                self.windowsize = int(granted.get("windowsize", 1))
                self.rollover = int(granted.get("rollover", 0))
                return self._acknowledge(now)
            case Data(block, payload):
                return self._data(block, payload, now)
            case Error(code, message):
                self.failed = f"error {code}: {message}"
        return []

    def _data(self, block: int, payload: bytes, now: float) -> list[bytes]:
        if block != wire_number(self._have + 1, self.rollover):
            return self._acknowledge(now)
        if self.done:
            return self._acknowledge(now)
        self._have += 1
        self._unacknowledged += 1
        self.body += payload
        self.done = len(payload) < self.blksize
        if self.done or self._unacknowledged >= self.windowsize:
            return self._acknowledge(now)
        self._alive(now)
        return []

    def _acknowledge(self, now: float) -> list[bytes]:
        self._unacknowledged = 0
        self._last = Ack(wire_number(self._have, self.rollover)).encode()
        self._alive(now)
        return [self._last]

    def _alive(self, now: float) -> None:
        self._silence = 0
        self._deadline = now + self._patience

    @property
    def deadline(self) -> float:
        return self._deadline

    def on_timer(self, now: float, request: bytes) -> list[bytes]:
        self._silence += 1
        if self._silence > 6:
            self.failed = "no answer"
            return []
        self._deadline = now + self._patience
        return [self._last or request]


@dataclass
class Cable:
    """What happens to packet number N of either direction: called with a random source, gives the delays at which copies arrive."""

    delay: float = 0.0005
    loss: float = 0.0
    double: float = 0.0
    late: float = 0.0
    late_by: float = 0.008
    jitter: float = 0.0

    def copies(self, chance: random.Random) -> list[float]:
        if chance.random() < self.loss:
            return []
        delay = self.delay + chance.uniform(0, self.jitter)
        if chance.random() < self.late:
            delay += self.late_by
        return [delay, delay + 0.0001] if chance.random() < self.double else [delay]


@dataclass
class Course:
    """How a joined transfer went."""

    reader: Reader
    ended: Ended | None
    seconds: float
    sent: int
    transfer: Transfer
    reasons: Counter[str] = field(default_factory=Counter)


def make_transfer(
    body: bytes, options: dict[str, str] | None = None, *, mode: Mode = Mode.OCTET, limits: Limits | None = None, now: float = 0.0
) -> Transfer:
    """The core under test, about to send `body`."""
    agreement = negotiate(tuple((options or {}).items()), mode, len(body), limits or Limits())

    def read(offset: int, length: int) -> bytes:
        return body[offset : offset + length]

    if mode is Mode.NETASCII:
        chunks = netascii(read, len(body), agreement.blksize, agreement.rollover, agreement.windowsize)
    else:
        chunks = octet(read, len(body), agreement.blksize, agreement.rollover, None, PacketCache())
    return Transfer(Blocks(chunks, agreement.blksize), agreement, CLIENT, now)


def join(
    body: bytes, options: dict[str, str] | None = None, *, cable: Cable | None = None, seed: int = 0, patience: float = 5.0,
    mode: Mode = Mode.OCTET, limits: Limits | None = None, until: float = 120.0,
) -> Course:  # fmt: skip
    """Run the core against a Reader over `cable` by a fake clock; the request itself arrives, as it does in a running server."""
    cable = cable or Cable()
    chance = random.Random(seed)
    options = options or {}
    transfer = make_transfer(body, options, mode=mode, limits=limits)
    reader = Reader(options, patience, 0.0)
    wire: list[tuple[float, int, str, bytes]] = []
    order = itertools.count()
    course = Course(reader, None, 0.0, 0, transfer)

    def put(to: str, data: bytes, now: float) -> None:
        for delay in cable.copies(chance):
            heapq.heappush(wire, (now + delay, next(order), to, data))

    def server_speaks(now: float) -> None:
        for burst in transfer.outgoing(now):
            for data in burst.datagrams():
                course.sent += 1
                put("client", data, now)
        for event in transfer.events():
            if isinstance(event, Ended):
                course.ended = event
            else:
                course.reasons[event.reason] += 1

    now = 0.0
    server_speaks(now)
    while now < until and not (course.ended and not wire):
        if reader.failed and not wire and course.ended:
            break
        moments = [when for when in (transfer.next_timer(), wire[0][0] if wire else None) if when is not None]
        if not reader.done and not reader.failed:
            moments.append(reader.deadline)
        if not moments:
            break
        now = max(now, min(moments))
        if wire and wire[0][0] <= now:
            _, _, to, data = heapq.heappop(wire)
            if to == "client":
                was_done = reader.done
                for answer in reader.receive(data, now):
                    put("server", answer, now)
                if reader.done and not was_done:
                    course.seconds = now
            else:
                transfer.receive(data, CLIENT, now)
        elif (due := transfer.next_timer()) is not None and due <= now:
            transfer.on_timer(now)
        else:
            for again in reader.on_timer(now, b""):
                if again:
                    put("server", again, now)
        server_speaks(now)
    return course


@pytest.fixture(scope="session")
def joined() -> Callable[..., Course]:
    """`join`, for tests of the core against a client."""
    return join


@pytest.fixture(scope="session")
def sender() -> Callable[..., Transfer]:
    """`make_transfer`, for tests that speak for the client themselves."""
    return make_transfer


@pytest.fixture(scope="session")
def cable() -> type[Cable]:
    """The wire's properties."""
    return Cable


class Shelf:
    """A Resolver that gives what lies on it: content, a refusal, or a function that makes one for a name."""

    def __init__(self, things: dict[str, bytes | Content | Refusal | Callable[[], Content | Refusal]]) -> None:
        self.things = things
        self.asked: list[tuple[str, IPv4Address]] = []

    def resolve(self, path: str, address: IPv4Address, _now: float) -> Content | Refusal:
        self.asked.append((path, address))
        thing = self.things.get(path, Refusal(1, "File not found", "shelf"))
        if isinstance(thing, bytes):
            return Content(len(thing), "shelf", data=thing, key=path)
        return thing if isinstance(thing, Content | Refusal) else thing()

    def still(self) -> AbstractContextManager[None]:
        return nullcontext()


class Live:
    """A running server: its port, what it recorded, and its orders. Its record is read all the while, as the worker does."""

    def __init__(self, port: int, record: socket.socket, orders: socket.socket, thread: threading.Thread) -> None:
        self.port = port
        self.address = ("127.0.0.1", port)
        self._record = record
        self._orders = orders
        self._thread = thread
        self._events: queue.SimpleQueue[dict] = queue.SimpleQueue()
        self._counts: Counter[str] = Counter()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while data := self._record.recv(65536):
            for line in map(json.loads, data.splitlines()):
                if "event" in line:
                    self._events.put(line["event"])
                else:
                    self._counts[line["count"]["reason"]] += line["count"]["count"]

    def event(self) -> dict:
        """The next event."""
        return self._events.get(timeout=PATIENCE)

    def order(self, order: str) -> None:
        self._orders.send(order.encode())

    def wait(self) -> None:
        """Until the server has ended by itself."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def end(self) -> Counter[str]:
        """End it at once, as when its parent is gone; its counters."""
        self._orders.close()
        self.wait()
        if self._reader.is_alive():
            self._record.shutdown(socket.SHUT_RD)
            self._reader.join(PATIENCE)
        return self._counts


@pytest.fixture
def live(tmp_path) -> Iterator[Callable[..., Live]]:
    """Starts servers on loopback; they end with the test."""
    running: list[Live] = []

    def start(resolver: Shelf, *, bounds: Bounds | None = None, bind: str = "127.0.0.1", **settings) -> Live:
        path = tmp_path / f"{len(running)}-{SOCKET_NAME}"
        record = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        record.bind(str(path))
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        listening.bind((bind, 0))
        ours, orders = socket.socketpair()
        settings.setdefault("ports", range(40000, 41000))
        server = TftpServer([Gate("lo", listening, resolver)], Recorder(path, "tftp"), bounds=bounds, **settings)
        ready = threading.Event()

        def run() -> None:
            with listening, orders:
                try:
                    server.run(orders, ready.set, lambda: None)
                finally:
                    server.close()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        assert ready.wait(PATIENCE)
        running.append(Live(listening.getsockname()[1], record, ours, thread))
        return running[-1]

    yield start
    for one in running:
        one.end()


class Wire:
    """A client socket that speaks packets; for tests that misbehave."""

    def __init__(self, server: tuple[str, int], source: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(source)
        self.socket.settimeout(PATIENCE)
        self.server = server
        self.tid: tuple[str, int] | None = None
        self._heard: set[bytes] = set()

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> None:
        self.socket.sendto(data, to or self.tid or self.server)

    def ask(self, file: str, options: dict[str, str] | None = None) -> None:
        self.tid = None
        self._heard.clear()
        self.send(Request(1, file, Mode.OCTET, tuple((options or {}).items())).encode(), self.server)

    def packet(self):
        """The next packet, whatever it is; its sender becomes the transfer's other end."""
        data, self.tid = self.socket.recvfrom(70000)
        return parse(data)

    def hear(self):
        """The next packet that is news: on a busy machine a server sends again what is not acknowledged within 50 ms."""
        while True:
            data, self.tid = self.socket.recvfrom(70000)
            packet = parse(data)
            if not isinstance(packet, Data | OptionAck) or data not in self._heard:
                self._heard.add(data)
                return packet

    def silent(self) -> bool:
        """Nothing is waiting to be heard."""
        self.socket.setblocking(False)
        try:
            self.socket.recvfrom(70000)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(PATIENCE)
        return False

    def fetch(self, file: str, options: dict[str, str] | None = None) -> bytes:
        """A whole file, lock step."""
        self.ask(file, options)
        body, blksize, taken = b"", 512, 0
        while True:
            packet = self.hear()
            if isinstance(packet, OptionAck):
                blksize = int(dict(packet.options).get("blksize", 512))
                self.send(Ack(0).encode())
                continue
            assert isinstance(packet, Data), packet
            taken += 1
            assert packet.block == taken & 0xFFFF
            body += packet.payload
            self.send(Ack(packet.block).encode())
            if len(packet.payload) < blksize:
                return body


@pytest.fixture
def wire() -> Iterator[Callable[..., Wire]]:
    """Makes client sockets; closed with the test."""
    made: list[Wire] = []

    def make(*args, **settings) -> Wire:
        made.append(Wire(*args, **settings))
        return made[-1]

    yield make
    for one in made:
        one.socket.close()


@pytest.fixture(scope="session")
def shelf() -> type[Shelf]:
    """The dictionary resolver."""
    return Shelf

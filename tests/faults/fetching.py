"""A TFTP client and an HTTP client of a few lines each, that compare what they get, byte by byte, with what they should get."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.faults.space import Space


class Cut(Exception):
    """A transfer ended before its end, which is allowed when its server dies. Wrong bytes never are: those are an AssertionError."""


def rrq(name: str, options: dict[str, str] | None = None, mode: str = "octet") -> bytes:
    """A read request."""
    words = [name, mode, *(word for pair in (options or {}).items() for word in pair)]
    return b"\0\1" + b"".join(word.encode("latin-1") + b"\0" for word in words)


def tftp_get(
    sock: socket.socket,
    server: tuple[str, int],
    name: str,
    *,
    blksize: int = 1408,
    pause: Callable[[], None] = lambda: None,
    patience: float = 30.0,
) -> bytes:
    """The file, in lock step with a repeat after half a second. `pause` is called before each ACK. Raises Cut, also when nothing new
    has come for `patience` seconds."""
    ask = rrq(name, {"blksize": str(blksize)})
    body, expected, peer, last = bytearray(), 1, None, ask
    sock.settimeout(0.5)
    sock.sendto(ask, server)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            data, sender = sock.recvfrom(65536)
        except (TimeoutError, ConnectionRefusedError):
            sock.sendto(last, peer or server)
            continue
        if data[:2] == b"\0\6":
            peer, last = sender, b"\0\4\0\0"
        elif data[:2] == b"\0\3" and sender == (peer or sender):
            peer = sender
            if int.from_bytes(data[2:4]) == expected & 0xFFFF:
                body += data[4:]
                expected += 1
                deadline = time.monotonic() + patience
            last = b"\0\4" + ((expected - 1) & 0xFFFF).to_bytes(2)
        elif data[:2] == b"\0\5" and sender[0] == server[0]:
            raise Cut(data[4:-1].decode(errors="replace"))
        else:
            continue
        pause()
        sock.sendto(last, sender)
        if data[:2] == b"\0\3" and len(data) < 4 + blksize:
            return bytes(body)
    raise Cut("no answer any more")


def http_get(sock: socket.socket, path: str, *, pause: Callable[[], None] = lambda: None) -> tuple[int, bytes]:
    """Status and body. `pause` is called before each read of 16 kB. Raises Cut when less comes than was said."""
    try:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: pxeserve\r\nConnection: close\r\n\r\n".encode())
        data = b"".join(_chunks(sock, pause))
    except OSError as error:
        raise Cut(str(error)) from None
    head, found, body = data.partition(b"\r\n\r\n")
    if not found:
        raise Cut("no head")
    length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), None)
    if length is not None and len(body) < length:
        raise Cut(f"{len(body)} of {length} bytes")
    assert length is None or len(body) == length, "more than was said"
    return int(head.split(b" ", 2)[1]), body


def _chunks(sock: socket.socket, pause: Callable[[], None]) -> Iterator[bytes]:
    while True:
        pause()
        data = sock.recv(16384)
        if not data:
            return
        yield data


@dataclass
class Transfers:
    """Long transfers of one file over TFTP and HTTP, one after the other, in a thread each, paced so that each takes about a second."""

    space: Space
    address: str
    body: bytes
    tftp: str
    http: str
    finished: dict[str, int] = field(default_factory=lambda: {"tftp": 0, "provision": 0})
    cut: dict[str, list[float]] = field(default_factory=lambda: {"tftp": [], "provision": []})
    wrong: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Transfers:
        self._threads = [threading.Thread(target=self._again, args=(way,)) for way in self.finished]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
        assert not self.wrong, self.wrong

    def _again(self, way: str) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                body = self._one(way)
            except (Cut, OSError):
                self.cut[way].append(began)
                self._stop.wait(0.05)
                continue
            if body != self.body:
                self.wrong.append(f"{way}: {len(body)} bytes that are not the file's")
            self.finished[way] += 1

    def _one(self, way: str) -> bytes:
        if way == "tftp":
            with self.space.udp() as sock:
                return tftp_get(sock, (self.address, 69), self.tftp, pause=lambda: self._stop.wait(0.001) and None, patience=10)
        with self.space.tcp((self.address, 80)) as sock:
            status, body = http_get(sock, self.http, pause=lambda: self._stop.wait(0.01) and None)
            if status != 200:
                raise Cut(str(status))
            return body

"""HTTP as bytes: requests that may be anything, each over a connection of its own, and all that came back."""

from __future__ import annotations

import re
import select
import time
from contextlib import ExitStack

from tests.faults.space import Space


def say(where: Space, requests: list[bytes], patience: float = 60.0) -> list[bytes]:
    """Send each over a connection of its own, from a few addresses, and read until the server closes. All that came, by request."""
    heard = [b""] * len(requests)
    for start in range(0, len(requests), 100):
        with ExitStack() as stack:
            socks = {}
            for number, data in enumerate(requests[start : start + 100], start):
                sock = stack.enter_context(where.tcp(("127.0.0.1", 80), f"127.8.0.{number % 50 + 1}"))
                try:
                    sock.sendall(data)
                except OSError:
                    continue  # cut while it still spoke
                sock.setblocking(False)
                socks[sock] = number
            deadline = time.monotonic() + patience
            while socks and (ready := select.select(list(socks), [], [], max(0.0, deadline - time.monotonic()))[0]):
                for sock in ready:
                    try:
                        data = sock.recv(65536)
                    except OSError:
                        data = b""
                    heard[socks[sock]] += data
                    if not data:
                        socks.pop(sock)
            assert not socks, f"neither answered to the end nor closed: {[requests[number][:200] for number in socks.values()]}"
    return heard


def statuses(said: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]


def request(path: str | bytes, *lines: str, method: str = "GET") -> bytes:
    """A request that is sound but for what is in it."""
    raw = path if isinstance(path, bytes) else path.encode("latin-1", "replace")
    head = [method.encode() + b" " + raw + b" HTTP/1.1", *(line.encode("latin-1") for line in lines)]
    if not any(line.startswith("Host:") for line in lines):
        head.append(b"Host: x")
    head.append(b"Connection: close")
    return b"\r\n".join([*head, b"", b""])

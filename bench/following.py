"""Many who follow the record live, in one process: each stream is read to the end of what came, and the record grows once a second.

    python -m bench.following DATA STREAMS SESSION ...

says "open" when all streams are, and, when its input ends, how many of them were fed.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import sys
import time
from pathlib import Path

from bench import site
from pxeserve.store import open_store

PLACE = ("127.0.0.1", 8443)
_EVERY = 1.0
"""Seconds between two events."""


def opened(session: str, context: ssl.SSLContext) -> ssl.SSLSocket:
    """A stream of everything, its head and first words read. Raises RuntimeError when it is refused."""
    sock = context.wrap_socket(socket.create_connection(PLACE, 30))
    sock.sendall(f"GET /live HTTP/1.1\r\nHost: {PLACE[0]}:{PLACE[1]}\r\nCookie: __Host-sid={session}\r\n\r\n".encode())
    said = b""
    while b"event: here" not in said:
        piece = sock.recv(65536)
        said += piece
        if not piece or (len(said) > 20 and b" 200 " not in said[:20]):
            raise RuntimeError(said[:500].decode(errors="replace"))
    sock.setblocking(False)
    return sock


def main() -> None:
    """Open, follow, tell."""
    data, many, sessions = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    store = open_store(data)
    chosen = selectors.DefaultSelector()
    heard = [0] * many
    for number in range(many):
        chosen.register(opened(sessions[number // site.STREAMS_OF_ONE], context), selectors.EVENT_READ, number)
    chosen.register(sys.stdin, selectors.EVENT_READ, None)
    print("open", flush=True)
    written, due = 0, time.monotonic()
    while True:
        for key, _ in chosen.select(max(0.0, due - time.monotonic())):
            if key.data is None:
                return print(_told(heard, written))
            with contextlib.suppress(ssl.SSLWantReadError):
                while piece := key.fileobj.recv(65536):  # type: ignore[union-attr]
                    heard[key.data] += piece.count(b"event: record")
        if time.monotonic() >= due:
            written, due = written + 1, due + _EVERY
            site.follow_up(store, "xen-00002", written)


def _told(heard: list[int], written: int) -> str:
    fed = sum(1 for count in heard if count >= written - 3)  # the last may be on their way
    return f"{fed} were fed, {written} events written, the least that one heard: {min(heard, default=0)}"


if __name__ == "__main__":
    main()

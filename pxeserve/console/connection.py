"""One connection to the console: TLS is spoken by the thread that answers, and plain HTTP is told where to go. Refuses to know requests."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gunicorn import http as gunicorn_http
from gunicorn import util as gunicorn_util
from gunicorn.workers.gthread import TConn

from pxeserve.console import oneline
from pxeserve.console.patience import HEAD, IDLE

_LINGER, _UNREAD = 2.0, 64 << 20
"""Seconds, and bytes of a body that was refused, after which a peer that goes on sending loses the answer."""

_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection (RFC 8446 section 5.1, RFC 5246 section 6.2.1)."""


@dataclass(frozen=True, slots=True)
class Door:
    """What the listener needs: `sockets` that listen, the application, TLS, and the Host headers that are known (for plain HTTP)."""

    sockets: tuple[socket.socket, ...]
    application: Callable[..., Iterable[bytes]]
    context: Callable[[], ssl.SSLContext]
    known: frozenset[str]
    scratch: Path


class Connection(TConn):  # type: ignore[misc] # gunicorn has no types
    """One connection. TLS is spoken only in the thread that answers."""

    def __init__(self, cfg: Any, sock: socket.socket, client: tuple[str, int], server: tuple[str, int], door: Door) -> None:
        super().__init__(cfg, sock, client, server)
        self.sock: socket.socket
        self.initialized: bool
        self.address = client[0]
        self._door = door

    def init(self) -> None:
        """Before each request: the handshake if it was not yet, and the patience with each read and write. Raises StopIteration when plain
        HTTP was answered, OSError when the peer is gone."""
        if not self.initialized:
            self.initialized = True
            self.sock.settimeout(HEAD)
            if self.sock.recv(1, socket.MSG_PEEK) != _HANDSHAKE:
                oneline.turn_away(self.sock, self.server, self._door.known)
                raise StopIteration
            self.sock = self._door.context().wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
            self.sock.do_handshake()
            self.parser = gunicorn_http.get_parser(self.cfg, self.sock, self.client)
        self.sock.settimeout(IDLE)

    def waits_inside(self) -> bool:
        """Whether TLS has bytes that were received and not read."""
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.fileno() >= 0 and self.sock.pending() > 0

    def linger(self) -> None:
        """End it so that the peer still reads the last answer (RFC 9112 section 9.6)."""
        gunicorn_util.close_graceful(self.sock, timeout=_LINGER, max_drain=_UNREAD)

    def close(self, graceful: bool = False) -> None:  # noqa: ARG002 - gunicorn's
        """Close it; the loop waits for nobody."""
        gunicorn_util.close(self.sock)

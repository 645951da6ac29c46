"""The door of the metrics: who may ask there, and for how long. It answers one request a connection, with all figures.

A page of a stranger that a browser of this house has open may send requests to any address, also under its own name (DNS rebinding): so it
answers to its own names alone. Whoever only holds a connection gets none of the places that others need. Refuses to know what is measured.
"""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from sqlalchemy.exc import SQLAlchemyError

AT_ONCE, EACH = 8, 4
"""Connections that are served at once, and of them those of one address."""

HEAD, WHOLE = 2.0, 30.0
"""Seconds in which the whole head of a request has to come, and in which all of it has to be over."""

_TEXT = "text/plain; charset=utf-8"
_log = structlog.get_logger("console")


class Door(ThreadingHTTPServer):
    """Answers on the listening socket `sock`, which it closes in the end, with what `registry` collects: to the connection's own address,
    `localhost`, this machine's name and `names` (all without ports). `serve_forever` serves, `shutdown` ends that."""

    daemon_threads = True

    def __init__(self, sock: socket.socket, registry: CollectorRegistry, names: Iterable[str] = ()) -> None:
        super().__init__(sock.getsockname(), _Scrape, bind_and_activate=False)
        self.socket.close()
        self.socket = sock
        self.registry = registry
        self.names = frozenset({"localhost", socket.gethostname().lower(), *(name.lower() for name in names)})
        self._held: Counter[str] = Counter()
        self._lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread; whoever comes when all places are taken, or all of its own, is turned away."""
        with self._lock:
            free = self._held.total() < AT_ONCE and self._held[client_address[0]] < EACH
            self._held[client_address[0]] += free
        if free:
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one, for as long as a scrape may take at most."""
        end = _timer(WHOLE, request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            with self._lock:
                self._held[client_address[0]] -= 1
                self._held += Counter()  # without those that are 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that went away, or said what is no HTTP, is nobody's trouble."""


class _Scrape(BaseHTTPRequestHandler):
    server: Door
    timeout = WHOLE
    server_version, sys_version = "pxeserve", ""

    def parse_request(self) -> bool:
        """The rest of the head, of which the first line has come."""
        try:
            return super().parse_request()
        finally:
            self._head.cancel()

    def handle(self) -> None:
        """One request. The deadline is the head's as a whole: a byte now and then does not move it."""
        self._head = _timer(HEAD, self.connection)
        try:
            super().handle()
        finally:
            self._head.cancel()

    def do_GET(self) -> None:
        """The figures; 421 to a name that is not ours, 404 for everything else."""
        host = self.headers.get("Host", "").partition(":")[0].lower()
        if host != self.connection.getsockname()[0] and host not in self.server.names:
            self._answer(421, _TEXT, b"this is not a name of this server; [metrics] names = [\"...\"] adds one\n")
            return
        if self.path.partition("?")[0] != "/metrics":
            self._answer(404, _TEXT, b"metrics are at /metrics\n")
            return
        encode, kind = choose_encoder(self.headers.get("Accept", ""))
        try:
            body = encode(self.server.registry)
        except SQLAlchemyError as error:
            _log.error(f"metrics cannot be read: {error}")
            self._answer(503, _TEXT, b"the store cannot be read now\n")
            return
        self._answer(200, kind, body)

    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are not worth a line."""

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _timer(seconds: float, request: socket.socket) -> threading.Timer:
    """Hangs up on `request` after so many seconds, unless it is cancelled."""
    end = threading.Timer(seconds, _hang_up, (request,))
    end.daemon = True
    end.start()
    return end


def _hang_up(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)

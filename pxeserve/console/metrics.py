"""Metrics for Prometheus, on a listener of their own: the machines' network must not have them, and they need no log-in where only this
machine, or a network of the house, reaches them.

One thread for the door and one for each scrape, few at a time. Whoever asks for anything else, or takes too long, gets nothing.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.config import Config
from pxeserve.outlets.metrics.processes import Processes
from pxeserve.outlets.metrics.standing import Standing
from pxeserve.outlets.metrics.totals import Totals
from pxeserve.outlets.metrics.webhooks import Webhooks
from pxeserve.repo.exported import State
from pxeserve.store import Store

_PATIENCE = 10.0
_LONGEST = 30.0
_AT_ONCE = 8
_log = structlog.get_logger("console")


class Collector:
    """All figures, one scrape at a time."""

    def __init__(self, store: Store, config: Config, parent: int) -> None:
        self._config = config
        self._parts = (Totals(store), Standing(store, config), Webhooks(store, config), Processes(parent))
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """Read everything anew. Raises SQLAlchemyError when the store cannot be read."""
        with self._lock:
            found = [metric for part in self._parts for metric in part.collect()]
        yield from found
        if self._config.nfs.keeps_ganesha:
            state = State.read(self._config.server.data)
            serving = state is not None and state.state == "serving"
            yield GaugeMetricFamily("pxeserve_nfs_serving", "Whether media are served over NFS.", value=int(serving))


def serve(sock: socket.socket, store: Store, config: Config) -> None:
    """Answer on the listening socket `sock` from now on, in a thread that ends with the process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(store, config, os.getppid()))
    door = _Door(sock, registry)
    threading.Thread(target=door.serve_forever, name="metrics", daemon=True).start()


class _Door(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, sock: socket.socket, registry: CollectorRegistry) -> None:
        super().__init__(sock.getsockname(), _Scrape, bind_and_activate=False)
        self.socket.close()
        self.socket = sock
        self.registry = registry
        self._slots = threading.BoundedSemaphore(_AT_ONCE)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread; whoever comes when all are at work is turned away."""
        if self._slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one, for as long as a scrape may take at most."""
        end = threading.Timer(_LONGEST, _hang_up, (request,))
        end.daemon = True
        end.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            end.cancel()
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A peer that went away, or said what is no HTTP, is nobody's trouble."""


class _Scrape(BaseHTTPRequestHandler):
    server: _Door
    timeout = _PATIENCE
    server_version, sys_version = "pxeserve", ""

    def do_GET(self) -> None:
        """The figures; 404 for everything else."""
        if self.path.partition("?")[0] != "/metrics":
            self._answer(404, "text/plain; charset=utf-8", b"metrics are at /metrics\n")
            return
        encode, kind = choose_encoder(self.headers.get("Accept", ""))
        try:
            body = encode(self.server.registry)
        except SQLAlchemyError as error:
            _log.error(f"metrics cannot be read: {error}")
            self._answer(503, "text/plain; charset=utf-8", b"the store cannot be read now\n")
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


def _hang_up(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)

"""The web listener: gunicorn's threads and its parser in this very process, under our own supervisor instead of gunicorn's.

What gunicorn leaves to a proxy in front is done here: TLS is spoken by the thread that answers, in the time that a head may take; who is
slow, or many, is hung up on (`patience`); plain HTTP is told where to go. Refuses to know what is answered.
"""

from __future__ import annotations

import logging
import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from selectors import EVENT_READ
from typing import Any

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.http import errors as refusals
from gunicorn.workers.gthread import ThreadWorker

from pxeserve.console import oneline
from pxeserve.console.connection import Connection, Door
from pxeserve.console.patience import ANSWER, GRACE, HEAD, IDLE, SLOWEST, Waiting

STREAMS = 256
"""Live streams at once: each has a thread for as long as it lasts."""

_HEADS_OF_ONE, _HEADS = 32, 128
_BODIES_OF_ONE, _BODIES = 16, 48
_ANSWERS_OF_ONE, _ANSWERS = 24, 64
_VERBS = 64
"""As many as `api.verbs` has at work at once."""
_PAGES = 32
THREADS = STREAMS + _HEADS + _BODIES + _ANSWERS + _VERBS + _PAGES
"""So many that nobody who is slow keeps a page from being made. They are started when they are needed."""

CONNECTIONS = 1024
_KEPT = 15
"""Seconds that a connection is kept for a further request."""

_GRACE = 8
"""Seconds that answers under way have when the service stops; the supervisor gives 15."""

_ENDLESS = ("text/event-stream", "application/x-ndjson")
"""What goes on for as long as somebody listens; how many there are of it is counted elsewhere."""

_LONGEST_BODY = 1 << 50
"""Bytes: what any route takes is less, and says so in its own words."""

_STATUSES = {
    refusals.LimitRequestLine: "414 URI Too Long",
    refusals.LimitRequestHeaders: "431 Request Header Fields Too Large",
    refusals.ExpectationFailed: "417 Expectation Failed",
}
log = structlog.get_logger("console")


class Listener(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """The loop: `turn` is called once a turn, a second apart at most; `watch` adds descriptors to it; `stop` ends it."""

    def __init__(self, door: Door, turn: Callable[[], None]) -> None:
        application = _Application(door)
        super().__init__(0, os.getppid(), list(door.sockets), application, 0, application.cfg, _Log())
        self._door = door
        self._turn = turn
        self._heads = Waiting(_HEADS_OF_ONE, _HEADS)
        self._bodies = Waiting(_BODIES_OF_ONE, _BODIES)
        self._answers = Waiting(_ANSWERS_OF_ONE, _ANSWERS)
        self._watched: list[tuple[socket.socket, Callable[[socket.socket], None]]] = []
        self._here = threading.local()
        for sock in door.sockets:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def watch(self, sock: socket.socket, readable: Callable[[socket.socket], None]) -> None:
        """Call `readable` from the loop whenever there is something to read. To be called before `serve`."""
        self._watched.append((sock, readable))

    def serve(self) -> None:
        """Answer until `stop`; answers under way have some seconds to end."""
        self.init_process()

    def stop(self) -> None:
        """End soon. From the loop's own thread."""
        self.alive = False

    # What follows is called by gunicorn.

    def init_signals(self) -> None:
        """Signals are the supervisor's."""

    def is_parent_alive(self) -> bool:
        """The parent is watched by its orders."""
        return True

    def run(self) -> None:
        """Add what is watched, and turn."""
        for sock, readable in self._watched:
            self.poller.register(sock, EVENT_READ, readable)
        super().run()

    def notify(self) -> None:
        """Once a turn."""
        now = time.monotonic()
        self._heads.sweep(now)
        self._bodies.sweep(now)
        self._answers.sweep(now)
        self._answers.thin(now + ANSWER - GRACE)
        self._turn()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection. It costs a thread only when it has said something."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if not isinstance(error, BlockingIOError | ConnectionAbortedError):
                log.warning(f"a connection could not be taken: {error.strerror}")
            return
        self.nr_conns += 1
        conn = Connection(self.cfg, client, address, listener.getsockname(), self._door)
        conn.data_ready = True
        self._heads.begin(conn, time.monotonic() + HEAD)
        self.pending_conns.append(conn)
        self.poller.register(client, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def murder_pending(self) -> None:
        """Their time is kept with that of the other heads."""

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """A further request begins on a connection that was kept."""
        self._heads.begin(conn, time.monotonic() + HEAD)
        super().on_client_socket_readable(conn, client)

    def handle(self, conn: Connection) -> Any:
        """One request, in a thread; whether the connection is kept."""
        try:
            kept = super().handle(conn)
        finally:
            for waiting in (self._heads, self._bodies, self._answers):
                waiting.end(conn)
        if not kept:
            conn.linger()
        return kept

    def finish_request(self, conn: Connection, future: Any) -> None:
        """A connection whose next request was read from the socket already, and waits in TLS, would not be readable again."""
        if future.exception() is None and future.result() and conn.waits_inside():
            self._heads.begin(conn, time.monotonic() + HEAD)
            self.enqueue_req(conn)
            return
        super().finish_request(conn, future)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """The head is there. The body has its own time, until the answer begins."""
        self._heads.end(conn)
        length = _length_of(req)
        if length > _LONGEST_BODY:
            oneline.answer(conn.sock, "413 Content Too Large", "nothing here takes a body of that length")
            return False
        if length and not self._bodies.take(conn, time.monotonic() + IDLE + length / SLOWEST):
            oneline.answer(conn.sock, "503 Service Unavailable", "too many requests are being sent at once; try again in a moment")
            return False
        self._here.conn = conn
        return super().handle_request(req, conn)

    def load_wsgi(self) -> None:
        """The application, with an ear for the moment at which it has read what it wants."""
        inner = self._door.application

        def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            conn = self._here.conn

            def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
                self._bodies.end(conn)
                if not any(name.lower() == "content-type" and said.startswith(_ENDLESS) for name, said in headers):
                    self._answers.let(conn, time.monotonic() + ANSWER)
                return start_response(status, headers, *more)

            return inner(environ, started)

        self.wsgi = wsgi

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:  # noqa: ARG002 - gunicorn's
        """What cannot be read is refused in one line, and the connection ends: nobody knows where a next request would begin."""
        if isinstance(exc, refusals.ParseException):
            said = next((status for kind, status in _STATUSES.items() if isinstance(exc, kind)), "400 Bad Request")
            oneline.answer(client, said, "this is no request as this server reads them")
        elif not isinstance(exc, ssl.SSLError):
            log.exception("a connection failed in a way that was not foreseen")


class _Application(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """Gunicorn's settings."""

    def __init__(self, door: Door) -> None:
        self._door = door
        super().__init__()

    def load_config(self) -> None:
        """Set what is not as gunicorn would have it."""
        settings = {
            "threads": THREADS,
            "worker_connections": CONNECTIONS,
            "keepalive": _KEPT,
            "graceful_timeout": _GRACE,
            "limit_request_line": 8190,
            "limit_request_fields": 64,
            "forwarded_allow_ips": "",
            "forwarder_headers": "",
            "header_map": "refuse",
            "http_parser": "python",
            "user": os.geteuid(),  # gunicorn looks when it is imported, which is before root was given up
            "group": os.getegid(),
            "worker_tmp_dir": str(self._door.scratch),
            "certfile": "in the context",  # no file: it makes requests say https
            "control_socket_disable": True,
            "proc_name": "pxe-console",
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Iterable[bytes]]:
        """The application."""
        return self._door.application


class _Log:
    """What gunicorn has to say, in our log: peers that went away or talk nonsense are not worth a line."""

    def debug(self, *_: object) -> None:
        """Nothing."""

    info = warning = access = debug

    def error(self, message: str, *args: object) -> None:
        """A line."""
        log.error(message % args if args else message)

    def exception(self, message: object, *args: object) -> None:
        """A line with its traceback, unless a peer was too slow, or went away."""
        if not isinstance(sys.exc_info()[1], OSError):
            log.exception(str(message) % args if args else str(message))

    def close_on_exec(self) -> None:
        """It has no file."""

    reopen_files = close_on_exec


def _length_of(req: Any) -> int:
    """The body's length; as much as may be where it comes in chunks."""
    said = dict(req.headers)
    if "TRANSFER-ENCODING" in said:
        return 1 << 20
    return int(said.get("CONTENT-LENGTH", 0))


logging.getLogger("gunicorn").addHandler(logging.NullHandler())

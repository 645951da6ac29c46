"""One request and its response between a socket and a WSGI application (PEP 3333), when its head has already been read.

Nothing that the client says about itself reaches the application but method, path, query, body and what program it is: no Host,
no forwarded address, no cookie. The response always ends the connection, and one that is shorter than it said is cut.
"""

from __future__ import annotations

import fcntl
import io
import select
import socket
import struct
import termios
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.handlers import BaseHandler
from wsgiref.headers import Headers
from wsgiref.types import WSGIApplication

import structlog

from pxeserve.provision.head import Request

REACHED = "pxeserve.reached"
"""Key in the WSGI environment: a function that waits until all bytes sent so far were acknowledged; False when the peer hung up."""

LOCAL = "pxeserve.local"
"""Key in the WSGI environment: the address of ours that the client connected to."""

_PATIENCE = 30.0

log = structlog.get_logger("provision")


def answer(app: WSGIApplication, request: Request, body: bytes, sock: socket.socket, peer: str) -> bool:
    """Run `app` for `request` and send what it says to `sock`, which must have a timeout.

    True when the response was handed over whole, False when the connection must be cut.
    """
    handler = _Handler(request, body, sock, peer)
    handler.run(app)
    return handler.whole


class _Handler(BaseHandler):
    """`whole` says, after `run`, whether head and as many body bytes as it told were handed to the kernel."""

    http_version = "1.1"
    server_software = None
    os_environ: dict[str, str] = {}  # noqa: RUF012 - the class's own way of keeping our process environment out
    wsgi_run_once = False
    headers_sent: bool
    headers: Headers | None
    status: str | None
    bytes_sent: int
    environ: dict[str, Any]

    def __init__(self, request: Request, body: bytes, sock: socket.socket, peer: str) -> None:
        self._request = request
        self._socket = sock
        self._peer = peer
        self._body = io.BytesIO(body)
        self._errors = io.StringIO()
        self._buffer = bytearray()
        self._broken = False
        self.whole = False

    def add_cgi_vars(self) -> None:
        request = self._request
        self.environ |= {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
            "QUERY_STRING": request.query,
            "SERVER_NAME": "provision",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": f"HTTP/1.{request.minor}",
            "REMOTE_ADDR": self._peer,
            "CONTENT_LENGTH": str(request.length),
            "HTTP_USER_AGENT": request.header("user-agent") or "",
            LOCAL: str(self._socket.getsockname()[0]),
            REACHED: self._reached,
        }

    def get_stdin(self) -> io.BytesIO:
        return self._body

    def get_stderr(self) -> io.StringIO:
        return self._errors

    def cleanup_headers(self) -> None:
        super().cleanup_headers()
        assert self.headers is not None
        self.headers["Connection"] = "close"
        if (self.status or "").startswith("204"):
            del self.headers["Content-Length"]  # RFC 9110 section 8.6: a 204 tells none

    def finish_content(self) -> None:
        super().finish_content()
        self._flush()
        assert self.headers is not None
        bodiless = self._request.method == "HEAD" or (self.status or "").startswith("204")
        self.whole = bodiless or self.headers.get("Content-Length") == str(self.bytes_sent)

    def _write(self, data: bytes) -> None:
        self._buffer += data

    def _flush(self) -> None:
        try:
            self._socket.sendall(self._buffer)
        except OSError:
            self._broken = True
            raise
        finally:
            self._buffer.clear()

    def log_exception(self, exc_info: object) -> None:
        kind = exc_info[0] if isinstance(exc_info, tuple) else None
        if self._broken:
            return
        log.error("a request could not be answered", peer=self._peer, error=getattr(kind, "__name__", "unknown"))

    def _reached(self) -> bool:
        return reached(self._socket, time.monotonic)


def reached(sock: socket.socket, clock: Callable[[], float]) -> bool:
    """Wait, 30 s at most, until the peer's system has acknowledged every byte sent (SIOCOUTQ, tcp(7)). False when it has not, or when
    the peer has closed its side: a machine that hung up is not there to read more."""
    poll = select.poll()
    poll.register(sock, select.POLLRDHUP)
    deadline = clock() + _PATIENCE
    while clock() < deadline:
        waiting = struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]
        if poll.poll(10 if waiting else 0):
            return False
        if not waiting:
            return True
    return False

"""Posts one message at a time to one address, and says what came of it. The connection is kept for the next one.

The other side is a stranger: it has a bounded time, its answer is read up to a few kilobytes, where it would lead us to is not followed,
and over TLS it has to show a certificate that is trusted. No proxy of the environment is asked.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pxeserve import __version__
from pxeserve.config.outlets import WebhookConfig
from pxeserve.events.record import harmless

PATIENCE = 10.0
"""Seconds without a byte after which it is given up."""

LONGEST = 20.0
"""Seconds that one post takes at most, however it is spread."""

_MOST_READ = 4096
_SHOWN = 300
_LONGEST_PAUSE = 3600
_ALWAYS = {"Content-Type": "application/json", "User-Agent": f"pxeserve/{__version__}"}


class NotDeliveredError(Exception):
    """It did not arrive, or was not taken; `pause` is how many seconds the other side wants to be left alone."""

    def __init__(self, text: str, pause: int = 0) -> None:
        super().__init__(text)
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the status, and the beginning of the body, harmless."""

    status: int
    reason: str
    body: str
    pause: int = 0

    @property
    def taken(self) -> bool:
        """Whether the message was taken: 2xx and nothing else."""
        return 200 <= self.status < 300

    def __str__(self) -> str:
        """In a sentence."""
        moved = ", and redirects are not followed" if 300 <= self.status < 400 else ""
        return f"answered {self.status} {self.reason}{moved}".rstrip()


class Sender:
    """For one thread; `close` may be called from another, and then a post that is under way fails. `patience` and `longest` are seconds."""

    def __init__(self, hook: WebhookConfig, *, patience: float = PATIENCE, longest: float = LONGEST) -> None:
        parts = urlsplit(hook.url)
        assert parts.hostname is not None
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port or (443 if self._secure else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._ca_file = hook.ca_file
        self._patience, self._longest = patience, longest
        self._connection: _Connection | None = None

    @property
    def where(self) -> str:
        """Whom it posts to, without the path, which may be a secret."""
        return f"{self._host}:{self._port}"

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post it. Raises NotDeliveredError when there was no answer; whether a refusal is one is for the caller to say."""
        kept = self._connection is not None
        try:
            return self._posted(headers, body)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self.close()
            if not kept:
                raise NotDeliveredError(self._why(error)) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise NotDeliveredError(self._why(error)) from None
        try:  # a kept connection that the other side had ended meanwhile says nothing about it
            return self._posted(headers, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise NotDeliveredError(self._why(error)) from None

    def close(self) -> None:
        """End the connection, and a post that is under way with it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.cut()
            with suppress(OSError):
                connection.close()

    def _posted(self, headers: Mapping[str, str], body: bytes) -> Answer:
        if self._connection is None:
            self._connection = _Connection(self._host, self._port, self._patience, _context(self._ca_file) if self._secure else None)
        connection = self._connection
        end = threading.Timer(self._longest, connection.cut)
        end.daemon = True
        end.start()
        try:
            connection.request("POST", self._target, body, {**_ALWAYS, **headers})
            response = connection.getresponse()
            said = response.read(_MOST_READ)
            whole = response.isclosed() or not response.read(1)
        finally:
            end.cancel()
        if connection.gone:  # what was read of an answer that was cut off looks like a whole one
            raise TimeoutError
        if not whole or response.will_close:
            self.close()
        return Answer(response.status, harmless(response.reason, 60), harmless(said, _SHOWN), _pause(response))

    def _why(self, error: Exception) -> str:
        match error:
            case ssl.SSLCertVerificationError():
                return f"{self.where}: its certificate is not trusted: {harmless(error.verify_message)}"
            case TimeoutError():
                return f"{self.where}: no answer in time"
            case http.client.RemoteDisconnected():
                return f"{self.where}: hung up without an answer"
            case OSError() if error.strerror:
                return f"{self.where}: {harmless(error.strerror)}"
        return f"{self.where}: {harmless(str(error) or type(error).__name__)}"


class _Connection(http.client.HTTPConnection):
    """A connection that can be cut from another thread at any moment, in a TLS handshake too."""

    sock: Any

    def __init__(self, host: str, port: int, timeout: float, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=timeout)
        self._context = context
        self.gone = False

    def connect(self) -> None:
        """Connect, and over TLS shake hands."""
        super().connect()
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        if self.gone:
            raise TimeoutError
        if self._context is not None:
            self.sock.do_handshake()

    def cut(self) -> None:
        """End it, whatever it is doing."""
        self.gone = True
        sock = self.sock
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # the socket's own: TLS would forget its state under the reader's feet


def _context(ca_file: Any) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # SSLError is one
        raise NotDeliveredError(f"{ca_file}: not certificates that can be read: {error.strerror or error}") from None


def _pause(response: http.client.HTTPResponse) -> int:
    """Retry-After in seconds (RFC 9110 section 10.2.3), an hour at most; a date is not understood."""
    said = response.headers.get("Retry-After", "")
    return min(int(said), _LONGEST_PAUSE) if said.isascii() and said.isdecimal() and len(said) < 10 and response.status in (429, 503) else 0

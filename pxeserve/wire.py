"""The words of the admin socket: one JSON object a line. Both of its ends use this; neither knows more of the other.

Request: `{"verb", "arguments"}`. Answers, in this order: any number of `{"progress": {done, total, text}}` and `{"item": ...}`, then
`{"result": ...}` or `{"error": {message, code, fix}}`.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

from pxeserve.errors import PxeserveError

MAX_LINE = 36 << 20
"""Longest line in bytes; a site's whole declaration goes through, of 16 MiB and each line and quotation mark escaped."""

SOCKET_NAME = "admin.sock"


class LineError(PxeserveError):
    """A peer that does not speak this protocol."""


def send(sock: socket.socket, message: dict[str, Any]) -> None:
    """Send one message. Raises OSError when the peer is gone."""
    sock.sendall(json.dumps(message, default=str).encode() + b"\n")


def messages(sock: socket.socket) -> Iterator[dict[str, Any]]:
    """The peer's messages until it closes. Raises LineError for what is none, OSError when the connection breaks."""
    buffer, looked = bytearray(), 0
    while True:
        end = buffer.find(b"\n", looked)
        if end < 0:
            looked = len(buffer)
            if len(buffer) > MAX_LINE:
                raise LineError("a line is too long")
            piece = sock.recv(65536)
            if not piece:
                return
            buffer += piece
            continue
        line = bytes(buffer[:end])
        del buffer[: end + 1]
        looked = 0
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            raise LineError("a line is not JSON") from None
        if not isinstance(message, dict):
            raise LineError("a line is not a JSON object")
        yield message


def error_message(error: PxeserveError) -> dict[str, Any]:
    """An error as it travels."""
    return {"error": {"message": error.message, "code": error.code, "fix": error.fix}}

"""What operations of a running service answer, over the socket that the command line uses: as `pxeserve ... --json`, without the half
second of a core that a new process takes. For what tests ask again and again; what the command line says has tests of its own."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from pxeserve import wire

_PATIENCE = 60.0


def asked(data: Path, verb: str, **arguments: Any) -> Any:
    """What `verb` answers of the service whose data folder is `data`. Fails with what it says when that is an error."""
    return next(message["result"] for message in _messages(data, verb, arguments) if "result" in message)


def items(data: Path, verb: str, **arguments: Any) -> list[Any]:
    """The same of one that gives item after item."""
    return [message["item"] for message in _messages(data, verb, arguments) if "item" in message]


def _messages(data: Path, verb: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(_PATIENCE)
        sock.connect(str(data / "run" / wire.SOCKET_NAME))
        wire.send(sock, {"verb": verb, "arguments": arguments})
        for message in wire.messages(sock):
            told.append(message)
            if "result" in message:
                return told
            assert "error" not in message, f"{verb}: {message}"
    raise AssertionError(f"{verb}: no last word: {told[-1:]}")

"""The admin socket: a door for root and the service's own user, known by what the kernel says of them (SO_PEERCRED).

Carries requests to `operations` and nothing else; what is not foreseen becomes an incident in the log, never a traceback outside.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import structlog

from pxeserve import wire
from pxeserve.config import Config
from pxeserve.console.incidents import IncidentError
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.events.recorder import Recorder
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context, Progress
from pxeserve.store import Store

_MOST_CLIENTS = 32
_REPORT_STEP = 200
"""A progress message each two-hundredth of the whole, at most."""

log = structlog.get_logger("console")


class GoneError(ConnectionError):
    """The client is gone: nothing that the operation met with, so nobody has to be told."""


class Desk:
    """Takes who comes to the admin socket, each in a thread of its own and a bounded number at a time."""

    def __init__(self, config: Config, store: Store, recorder: Recorder) -> None:
        self._config, self._store, self._recorder = config, store, recorder
        self._slots = threading.BoundedSemaphore(_MOST_CLIENTS)

    def accept(self, door: socket.socket) -> None:
        """Take the next client of the listening, non-blocking socket `door`; a request under way is cut off when the process ends."""
        try:
            client, _ = door.accept()
        except BlockingIOError:
            return
        if not self._slots.acquire(blocking=False):
            _turn_away(client)
            return
        client.setblocking(True)
        asked = (client, self._config, self._store, self._recorder, self._slots)
        threading.Thread(target=_converse, args=asked, daemon=True).start()


def _turn_away(client: socket.socket) -> None:
    busy = PxeserveError(f"{_MOST_CLIENTS} requests are under way already", code="busy", fix="try again when one of them has ended")
    with client, contextlib.suppress(OSError):
        wire.send(client, wire.error_message(busy))


def _converse(client: socket.socket, config: Config, store: Store, recorder: Recorder, slots: threading.BoundedSemaphore) -> None:
    try:
        uid = _peer(client)
        if uid not in (0, os.geteuid()):
            refused = RefusedError(f"uid {uid} may not administer this service", fix="ask as root or as the service's user")
            wire.send(client, wire.error_message(refused))
            return
        for message in wire.messages(client):
            context = Context(config, store, Actor(name_of(uid)), reporter(client), recorder)
            answer(client, context, message)
    except wire.LineError as error:
        with contextlib.suppress(OSError):
            wire.send(client, wire.error_message(error))
        log.warning(f"admin socket: {error}")
    except OSError:
        return  # the client hung up, which is its right
    finally:
        client.close()
        slots.release()


def answer(client: socket.socket, context: Context, message: dict[str, Any]) -> None:
    """Carry out one request and send what comes of it. Raises OSError alone, when the client is gone."""
    try:
        verb, arguments = str(message.get("verb", "")), message.get("arguments") or {}
        if not isinstance(arguments, dict):
            raise PxeserveError(f"{verb}: arguments: not a JSON object")
        result = registry.call(context, verb, arguments)
        if isinstance(result, Iterator):
            for item in result:
                _send(client, {"item": item})
            result = None
        _send(client, {"result": result})
    except PxeserveError as error:
        wire.send(client, wire.error_message(error))
    except GoneError:
        raise
    except Exception:
        met = IncidentError("operation")
        log.exception("an operation failed in a way that was not foreseen", incident=met.number, verb=message.get("verb"))
        wire.send(client, wire.error_message(met))


def reporter(client: socket.socket) -> Callable[[Progress], None]:
    """Sends progress now and then: often enough to be smooth, seldom enough to cost nothing."""
    last = [-1]

    def report(progress: Progress) -> None:
        step = progress.done * _REPORT_STEP // max(progress.total, 1)
        if step != last[0]:
            last[0] = step
            _send(client, {"progress": {"done": progress.done, "total": progress.total, "text": progress.text}})

    return report


def _send(client: socket.socket, message: dict[str, Any]) -> None:
    try:
        wire.send(client, message)
    except OSError as error:
        raise GoneError(error.errno, error.strerror) from None


def _peer(client: socket.socket) -> int:
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def name_of(uid: int) -> str:
    """How the audit calls this user."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"

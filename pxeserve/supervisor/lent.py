"""Work in the data folder on behalf of a command: in a process of its own, as the service's user, so that root neither leaves files there
that the service cannot write nor follows what it finds. Unlike `alone` it answers no verbs: the command says what is done."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from typing import Any

from pxeserve import wire
from pxeserve.errors import PxeserveError
from pxeserve.operations import registry
from pxeserve.store import migrate
from pxeserve.supervisor import privileges
from pxeserve.supervisor.forked import Forked


def as_service(ids: tuple[int, int] | None, act: Callable[[], Any]) -> Any:
    """What `act` gives back, which JSON can say. Descriptors that are open here are open there. Raises PxeserveError, what it raised."""
    registry.verbs()
    migrate.preload()  # the service's user may not be able to read our own code
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    child = Forked(lambda: _carried_out(theirs, ours, ids, act))
    theirs.close()
    with ours:
        told = next(wire.messages(ours), None)
    child.join()
    if told is None:
        raise PxeserveError(f"whoever was at it ended early (status {child.exitcode})", code="internal", fix="ask again")
    if "error" in told:
        raise PxeserveError(**told["error"])
    return told["result"]


def _carried_out(to: socket.socket, other: socket.socket, ids: tuple[int, int] | None, act: Callable[[], Any]) -> int:
    other.close()
    try:
        privileges.become(ids)
        wire.send(to, {"result": act()})
    except PxeserveError as error:
        wire.send(to, wire.error_message(error))
    except OSError as error:
        said = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
        wire.send(to, wire.error_message(PxeserveError(said, code="internal")))
    except KeyboardInterrupt:
        sys.stderr.flush()
        os._exit(1)
    return 0

"""Stands in for the service while none runs: one process that holds the data folder, as its owner, and answers one command.

Forked from the command, so that everything is imported before root is given up, and so that what is printed is printed with the
command's own rights. Speaks as the admin socket does.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pxeserve import wire
from pxeserve.config import Config
from pxeserve.console.admin import answer, name_of, reporter
from pxeserve.errors import PxeserveError
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.store import Store, migrate, open_store, witness
from pxeserve.supervisor import folder, interfaces, lock, prepare, privileges

_PATIENCE = 10.0
"""Seconds to wait for another command that holds the data folder; most are done within one."""


@contextmanager
def started(config: Config) -> Iterator[socket.socket]:
    """The socket of a process that answers as the service would. It ends when the socket is closed."""
    ids = privileges.user_ids(config.server.user)
    actor = Actor(name_of(os.geteuid()))
    folder.own_folder(config.server.data, ids)
    registry.verbs()
    migrate.preload()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            ours.close()
            status = _serve(theirs, config, ids, actor)
        finally:
            os._exit(status)  # never on into the code of the command
    theirs.close()
    try:
        with ours:
            yield ours
    finally:
        os.waitpid(child, 0)


def _serve(sock: socket.socket, config: Config, ids: tuple[int, int] | None, actor: Actor) -> int:
    try:
        privileges.become(ids)
        held, store = _opened(config.server.data)
    except PxeserveError as error:
        wire.send(sock, wire.error_message(error))
        return 1
    except KeyboardInterrupt:
        return 1
    try:
        context = Context(_settled(config), store, actor, reporter(sock))
        for message in wire.messages(sock):
            answer(sock, context, message)
        with contextlib.suppress(OSError):  # the next one does it
            witness.keep(store, config.server.data)
        store.close()
        os.close(held)
    except (KeyboardInterrupt, OSError):
        return 1
    return 0


def _opened(data: Path) -> tuple[int, Store]:
    """The lock of `data`, and what lies in it. Raises PxeserveError."""
    try:
        held = lock.take(data, patience=_PATIENCE)
        prepare.fill(data)
        return held, open_store(data)
    except lock.AlreadyRunningError as error:
        raise PxeserveError(error.message, code=error.code, fix="try again when that one has started, or ended") from None
    except OSError as error:
        raise PxeserveError(f"{error.filename or data}: cannot be used: {error.strerror}") from None


def _settled(config: Config) -> Config:
    try:
        return interfaces.settled(config)
    except PxeserveError:
        return config  # whoever needs the address says so

"""Stands in for the service while none runs: one process that holds the data folder, as its owner, and answers one command.

Forked from the command, so that everything is imported before root is given up, and so that what is printed is printed with the
command's own rights. Speaks as the admin socket does.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from pxeserve import wire
from pxeserve.config import Config
from pxeserve.console.admin import answer, name_of, reporter
from pxeserve.errors import PxeserveError
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.store import migrate, open_store
from pxeserve.supervisor import interfaces, lock, prepare, privileges


@contextmanager
def started(config: Config) -> Iterator[socket.socket]:
    """The socket of a process that answers as the service would. It ends when the socket is closed."""
    ids = privileges.user_ids(config.server.user)
    actor = Actor(name_of(os.geteuid()))
    prepare.own_folder(config.server.data, ids)
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
        held = lock.take(config.server.data)
        prepare.fill(config.server.data)
        store = open_store(config.server.data)
        context = Context(_settled(config), store, actor, reporter(sock))
        for message in wire.messages(sock):
            answer(sock, context, message)
        store.close()
        os.close(held)
    except PxeserveError as error:
        wire.send(sock, wire.error_message(error))
        return 1
    except (KeyboardInterrupt, OSError):
        return 1
    return 0


def _settled(config: Config) -> Config:
    try:
        return interfaces.settled(config)
    except PxeserveError:
        return config  # whoever needs the address says so

"""Bytes from a command on this machine: it makes a named pipe in the service's own folder, and the service reads there. So a file that root
alone may read is taken in without being copied in the clear first. Only who is at the admin socket may say one."""

from __future__ import annotations

import os
import re
import select
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context

NAME = re.compile(r"backup-[0-9a-f]{32}\.pipe", re.ASCII)
_PATIENCE = 60_000


class _Pipe:
    """What comes out of it; nobody is waited for longer than a minute."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN | select.POLLHUP)
        self._heard = False

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        while True:
            if not self._poll.poll(_PATIENCE):
                raise PxeserveError("the command that sends the backup has said nothing for a minute", fix="send it again")
            try:
                return os.read(self._descriptor, size)
            except BlockingIOError:
                continue


@contextmanager
def piped(context: Context, name: str) -> Iterator[_Pipe]:
    """The pipe of that name, for reading. Raises PxeserveError for what is none, or whoever asks from elsewhere."""
    if context.actor.kind != "local":
        raise PxeserveError("pipe: only a command on this machine sends by a pipe", code="forbidden")
    path = context.config.server.data / "run" / name
    if not NAME.fullmatch(name):
        raise PxeserveError("pipe: not the name of one")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise PxeserveError(f"{path}: cannot be read: {error.strerror}", fix="send the backup again") from None
    try:
        if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            raise PxeserveError(f"{path}: is no pipe")
        yield _Pipe(descriptor)
    finally:
        os.close(descriptor)

"""Addresses on loopback for machines that have to listen at a port of their own, such as a toolstack at 443."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


def own(network: int, host: int) -> str:
    """An address of 127/8 that no other worker of this run listens at."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return f"127.{85 + worker}.{network}.{host}"


@contextmanager
def mute(*addresses: str) -> Iterator[None]:
    """Nothing answers at port 443 of these, as where machines are off: one waits there to be taken, nobody takes it, and Linux lets fall
    what comes after it (listen(2))."""
    with ExitStack() as room:
        for address in addresses:
            room.enter_context(socket.create_server((address, 443), backlog=0))
            room.enter_context(socket.create_connection((address, 443)))
        yield

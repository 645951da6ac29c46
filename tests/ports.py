"""Ports for services that a test starts: each is one test process's alone, and none that the kernel gives to a client meanwhile.

A port that was free a moment ago is not free: the kernel gives the same ones to whoever connects, also while a service is killed and
started anew. So these lie beneath those, and are held by a name that no two processes of a network namespace can have at once.
"""

from __future__ import annotations

import random
import socket

_RANGE = range(20_000, 32_000)
"""Beneath net.ipv4.ip_local_port_range."""

_HELD: list[socket.socket] = []
_CHANCE = random.SystemRandom()


def free_port() -> int:
    """A port of 127.0.0.1, for TCP or UDP; it stays ours as long as this process lives."""
    return free_ports(1)[0]


def free_ports(count: int) -> range:
    """So many that follow each other."""
    while True:
        first = _CHANCE.randrange(_RANGE.start, _RANGE.stop - count)
        ports = range(first, first + count)
        if all(_is_free(port) and _is_ours(port) for port in ports):
            return ports


def _is_ours(port: int) -> bool:
    held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        held.bind(f"\0pxeserve-tests-port-{port}")
    except OSError:
        held.close()
        return False
    _HELD.append(held)
    return True


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("", port))
            except OSError:
                return False
    return True

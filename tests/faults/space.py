"""Network namespaces of a test's own: sockets in them, programs in them, and cables between two."""

from __future__ import annotations

import ctypes
import itertools
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_CLONE_NEWNET = 0x40000000
_numbers = itertools.count()


def ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


@dataclass(frozen=True)
class Space:
    """One namespace, by its name."""

    name: str

    @property
    def prefix(self) -> tuple[str, ...]:
        """What goes before a command to run it there."""
        return ("ip", "netns", "exec", self.name)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """This thread is there; what it opens stays there."""
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/proc/thread-self/ns/net").open() as home, Path("/run/netns", self.name).open() as there:
            assert libc.setns(there.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                assert libc.setns(home.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())

    def udp(self, address: str = "127.0.0.1", port: int = 0, *, interface: str = "") -> socket.socket:
        """A bound datagram socket that waits 30 s at most, with room for a crowd's answers."""
        with self.entered():
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.settimeout(30)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if interface:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        sock.bind((address, port))
        return sock

    def tcp(self, to: tuple[str, int], source: str = "", timeout: float = 30) -> socket.socket:
        """A connection to `to`."""
        with self.entered():
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(timeout)
        if source:
            sock.bind((source, 0))
        try:
            sock.connect(to)
        except OSError:
            sock.close()
            raise
        return sock

    def run(self, *words: str | Path, timeout: float = 120, **more: Any) -> subprocess.CompletedProcess[str]:
        """What became of a program that was run there."""
        command = [*self.prefix, *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, **more)


@contextmanager
def space(kind: str = "f") -> Iterator[Space]:
    """A namespace with loopback up."""
    made = Space(f"{kind}{os.getpid()}-{next(_numbers)}")
    ip("netns", "add", made.name)
    try:
        ip("-n", made.name, "link", "set", "lo", "up")
        yield made
    finally:
        ip("netns", "del", made.name)


@contextmanager
def joined(prefix: int = 16) -> Iterator[tuple[Space, Space]]:
    """Two namespaces and a cable between them; both ends are `eth0`, 10.77.0.1 here and 10.77.0.2 there."""
    with space("here") as here, space("there") as there:
        ip("link", "add", "eth0", "netns", here.name, "type", "veth", "peer", "name", "eth0", "netns", there.name)
        for one, address in ((here, f"10.77.0.1/{prefix}"), (there, f"10.77.0.2/{prefix}")):
            ip("-n", one.name, "address", "add", address, "dev", "eth0")
            ip("-n", one.name, "link", "set", "eth0", "up")
        yield here, there

"""A socket such as systemd listens on, for a test that starts the service: what is awaited is what the service says (sd_notify(3))."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 120.0
"""Seconds that a message may take on a machine that has other work."""


@contextmanager
def notified(path: Path) -> Iterator[socket.socket]:
    """The socket at `path`, which any user may write to."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path))
        path.chmod(0o777)
        sock.settimeout(PATIENCE)
        try:
            yield sock
        finally:
            path.unlink()

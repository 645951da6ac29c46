"""How long a request's body may be: by what it is for, and by how many long ones are on their way. Refuses to know what stands in one."""

from __future__ import annotations

import re

from pxeserve.provision.head import Request

MAX_BODY = 4096
"""Longest body of a POST in bytes."""

MAX_LOG = 256 << 10
"""Longest end of an installer's log in bytes; only that may be longer than `MAX_BODY`."""

AT_ONCE = 16
"""Long bodies that are held at the same time, whoever sends them: 4 MiB."""

_LOG = re.compile(r"/p/[A-Za-z0-9_-]{43}/[a-z-]{1,30}\.log", re.ASCII)


def refused(request: Request) -> int:
    """0, or the status with which a request is refused for its method or body."""
    if request.method == "POST":
        if not request.path.startswith("/p/"):
            return 405
        most = MAX_LOG if request.length > MAX_BODY and _LOG.fullmatch(request.path) else MAX_BODY
        return 413 if request.length > most else 0
    if request.method not in ("GET", "HEAD"):
        return 405
    return 400 if request.length else 0


class Room:
    """The room for long bodies. For the loop's thread."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._left = at_once

    def take(self) -> bool:
        """Take a place; False when there is none."""
        if not self._left:
            return False
        self._left -= 1
        return True

    def give_back(self) -> None:
        """Give the place back."""
        self._left += 1

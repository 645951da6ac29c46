"""How long a request's body may be: by what it is for, and by how many long ones are on their way, of one address and in all.

Refuses to know what stands in one.
"""

from __future__ import annotations

import re
from collections import Counter

from pxeserve.provision.head import Request

MAX_BODY = 4096
"""Longest body of a POST in bytes."""

MAX_LOG = 256 << 10
"""Longest end of an installer's log in bytes; only that and an inventory may be longer than `MAX_BODY`."""

AT_ONCE = 16
"""Long bodies that are held at the same time, whoever sends them: 4 MiB."""

OF_ONE = 4
"""Of these, from one address: nobody who only holds them open keeps the others' logs away by himself."""

MAX_FIRST_BOOT = 64 << 10
"""Longest body of what a newly installed host tells."""

_FIRST_BOOT = re.compile(r"/fb/[A-Za-z0-9_-]{43}/inventory", re.ASCII)
_LOG = re.compile(r"/p/[A-Za-z0-9_-]{43}/[a-z-]{1,30}\.log", re.ASCII)


def refused(request: Request) -> int:
    """0, or the status with which a request is refused for its method or body."""
    if request.method == "POST":
        if not request.path.startswith(("/p/", "/fb/")):
            return 405
        most = MAX_BODY
        if request.length > MAX_BODY:
            most = MAX_LOG if _LOG.fullmatch(request.path) else MAX_FIRST_BOOT if _FIRST_BOOT.fullmatch(request.path) else MAX_BODY
        return 413 if request.length > most else 0
    if request.method not in ("GET", "HEAD"):
        return 405
    return 400 if request.length else 0


class Room:
    """The room for long bodies. For the loop's thread."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._taken: Counter[str] = Counter()

    def take(self, peer: str) -> bool:
        """Take a place for `peer`; False when there is none, or none for it."""
        if self._taken.total() >= self._at_once or self._taken[peer] >= OF_ONE:
            return False
        self._taken[peer] += 1
        return True

    def give_back(self, peer: str) -> None:
        """Give the place back."""
        self._taken[peer] -= 1
        self._taken = +self._taken

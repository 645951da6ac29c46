"""How long the console waits for whoever is still speaking, or listening: for the head of a request, its handshake included, for a body,
and for an answer to be taken in. Who takes longer, or holds too many places, is hung up on, so that 500 of them cost the next one nothing
(slow loris, slow read).

A clock value goes in with each call; a place is anything that can be hung up on. Refuses to know HTTP and threads' work.
"""

from __future__ import annotations

import socket
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

HEAD = 10.0
"""Seconds from the connection, or from the first byte of a further request, to the end of the head."""

IDLE = 30.0
"""Seconds without a byte, in either direction, after which a transfer is given up."""

ANSWER, GRACE = 300.0, 2.0
"""Seconds that an answer may take to be taken in; and that it has when too many are being taken in."""

SLOWEST = 8 << 10
"""Bytes a second that a body comes with at least, after its first IDLE seconds."""


class Place(Protocol):
    """A connection: where it comes from, and its socket, which another thread may replace by one around the same descriptor."""

    address: str
    sock: socket.socket


@dataclass(slots=True)
class _Wait:
    place: Place
    ends: float


@dataclass(slots=True)
class Waiting:
    """Those that are waited for, the oldest first: `of_one` of an address at most, `in_all` of everybody."""

    of_one: int
    in_all: int
    _waits: dict[int, _Wait] = field(default_factory=dict)
    _over: dict[int, _Wait] = field(default_factory=dict)
    """Who was hung up on, and has not gone yet."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, place: Place, ends: float) -> None:
        """Wait for `place` until `ends`. Where there is no room the oldest of its address, or of all, makes some: a peer that speaks at
        once is never the oldest for long."""
        with self._lock:
            same = self._of(place.address)
            if len(same) >= self.of_one:
                self._give_up(same[0])
            elif len(self._waits) >= self.in_all:
                self._give_up(next(iter(self._waits)))
            self._waits[id(place)] = _Wait(place, ends)

    def take(self, place: Place, ends: float) -> bool:
        """Wait for `place` until `ends`; False when there is no room, and then nobody makes any."""
        with self._lock:
            if len(self._of(place.address)) >= self.of_one or len(self._waits) >= self.in_all:
                return False
            self._waits[id(place)] = _Wait(place, ends)
            return True

    def let(self, place: Place, ends: float) -> None:
        """Wait for `place` until `ends`, whether there is room or not: `thin` makes it."""
        with self._lock:
            self._waits[id(place)] = _Wait(place, ends)

    def thin(self, before: float) -> None:
        """Where there are more than there is room for, hang up on the oldest of those that would end at `before` or earlier."""
        with self._lock:
            of = Counter(wait.place.address for wait in self._waits.values())
            for number, wait in list(self._waits.items()):
                if wait.ends <= before and (of[wait.place.address] > self.of_one or of.total() > self.in_all):
                    of[wait.place.address] -= 1
                    self._give_up(number)

    def end(self, place: Place) -> None:
        """`place` is waited for no longer. Once is enough, and more does no harm."""
        with self._lock:
            self._waits.pop(id(place), None)
            self._over.pop(id(place), None)

    def sweep(self, now: float) -> None:
        """Hang up on everybody whose time is over."""
        with self._lock:
            for number in [number for number, wait in self._waits.items() if wait.ends <= now]:
                self._give_up(number)
            for wait in self._over.values():  # once more: its socket may have been in another one's hands just then
                _hang_up(wait.place)

    def __len__(self) -> int:
        return len(self._waits)

    def _of(self, address: str) -> list[int]:
        return [number for number, wait in self._waits.items() if wait.place.address == address]

    def _give_up(self, number: int) -> None:
        wait = self._over[number] = self._waits.pop(number)
        _hang_up(wait.place)


def _hang_up(place: Place) -> None:
    """Wakes whoever reads or writes there with an end of file."""
    with suppress(OSError):
        socket.socket.shutdown(place.sock, socket.SHUT_RDWR)  # not SSLSocket's own, which pulls TLS from under another thread

"""Takes datagrams off the events socket the moment they come, in a thread of its own.

The kernel queues only `net.unix.max_dgram_qlen` datagrams for such a socket (10 by default), and a serving process that finds the
queue full loses its event rather than wait. So receiving never waits for a disk. Refuses to know what a datagram says.
"""

from __future__ import annotations

import os
import select
import socket
import threading
from collections import deque

LARGEST = 65_536
ROOM = 16 << 20
"""Bytes that may wait to be written; what comes beyond is lost and counted."""


class Inbox:
    """What has come and was not taken yet. `start` once; `finish` takes in the rest and ends."""

    def __init__(self, sock: socket.socket, room: int = ROOM) -> None:
        self._socket = sock
        self._room = room
        self._waiting: deque[bytes] = deque()
        self._held = self._lost = 0
        self._lock = threading.Lock()
        self._end = os.eventfd(0, os.EFD_CLOEXEC)
        self._thread = threading.Thread(target=self._receive, name="events-inbox", daemon=True)

    def start(self) -> None:
        """Begin to receive."""
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._thread.start()

    @property
    def receiving(self) -> bool:
        """Whether the thread is at work; when it is not, nothing comes any more."""
        return self._thread.is_alive()

    def take(self, most: int) -> list[bytes]:
        """Lines in the order in which they came, up to `most` and the rest of the datagram that the last one was in."""
        taken: list[bytes] = []
        while self._waiting and len(taken) < most:
            data = self._waiting.popleft()
            with self._lock:
                self._held -= len(data)
            taken += data.split(b"\n")
        return taken

    def take_lost(self) -> int:
        """How many lines were lost since this was last asked."""
        with self._lock:
            lost, self._lost = self._lost, 0
        return lost

    def finish(self) -> None:
        """Stop receiving, after everything that the socket still holds has been taken in."""
        os.eventfd_write(self._end, 1)
        self._thread.join()
        os.close(self._end)
        self.drain()

    def drain(self) -> None:
        """Take in everything that the socket holds at this moment."""
        while True:
            try:
                data = self._socket.recv(LARGEST)
            except BlockingIOError:
                return
            with self._lock:
                if self._held + len(data) <= self._room:
                    self._held += len(data)
                    self._waiting.append(data)
                else:
                    self._lost += data.count(b"\n") + 1

    def _receive(self) -> None:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.register(self._end, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self._end in ready:
                return
            self.drain()

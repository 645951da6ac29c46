"""How a serving process hands its events over: datagrams on a local socket, without ever waiting.

One datagram carries all that came together, a line for each. The kernel holds few datagrams for the worker
(`net.unix.max_dgram_qlen`, often 10), so a bounded backlog waits here; what does not fit is lost and counted, because a machine
that boots must not wait for a disk.
"""

from __future__ import annotations

import itertools
import json
import socket
import threading
import time
from collections import Counter, deque
from pathlib import Path

from pxeserve.events.record import Event

SOCKET_NAME = "events.sock"
_LARGEST = 32_000
"""Bytes of one event, and of one datagram."""
_BACKLOG = 2000
TOGETHER = 0.05
"""Seconds between two times that events leave by turns."""
_PAUSE = 0.01
"""Seconds before a worker that had no room, or was away, is tried again."""


class Recorder:
    """Hands events to the worker behind `path`, for all threads of a process, which counters call `source`: dhcp, tftp, provision, console.

    With `by_turns` events leave together when `hand_over` is called, which a loop does once a turn and, while `waiting`, every
    50 ms: each datagram wakes the worker, and a worker that wakes for each small file costs as much as the files.
    """

    def __init__(self, path: Path, source: str, *, by_turns: bool = False) -> None:
        self._path = str(path)
        self._source = source
        self._by_turns = by_turns
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._connected = False
        self._again = 0.0
        self._backlog: deque[bytes] = deque()
        self._counts: Counter[tuple[int, str]] = Counter()
        self._lock = threading.RLock()
        """Held for a send that does not block at most. What one thread sends together must be what it then takes off the backlog."""

    @property
    def waiting(self) -> bool:
        """Whether something is to be handed over."""
        return bool(self._backlog)

    @property
    def full(self) -> bool:
        """Whether one more event would be lost: what costs time to tell need not be told then, only counted (`lost`)."""
        return len(self._backlog) >= _BACKLOG

    def lost(self) -> None:
        """Count an event that could not be told."""
        self.count("lost-event")

    def emit(self, event: Event) -> None:
        """Hand `event` over; never blocks and never raises. A lost one shows as the counter `lost-event`."""
        with self._lock:
            if len(self._backlog) >= _BACKLOG:
                self.lost()
            else:
                self._backlog.append(_encoded(event))
            if not self._by_turns:
                self._hand_over()

    def count(self, reason: str, by: int = 1) -> None:
        """Count something too frequent for an event of its own: an ignored packet, by reason and minute."""
        with self._lock:
            self._counts[(int(time.time()) // 60, reason)] += by

    def flush(self) -> None:
        """Hand over what waits, then the counters; call it every second or so, and at the end."""
        with self._lock:
            self._again = 0.0
            if not self.hand_over():
                return
            for (minute, reason), count in list(self._counts.items()):
                line = {"count": {"minute": minute, "source": self._source, "reason": reason, "count": count}}
                if not self._send(json.dumps(line).encode()):
                    return
                del self._counts[(minute, reason)]

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        self._socket.close()

    def hand_over(self) -> bool:
        """Send what waits, oldest first; False when something is left."""
        if not self._backlog:
            return True
        with self._lock:
            return self._hand_over()

    def _hand_over(self) -> bool:
        backlog = self._backlog
        if self._by_turns or self._again:
            now = time.monotonic()
            if now < self._again:
                return not backlog
            self._again = now + TOGETHER if self._by_turns else 0.0
        while len(backlog) > 1:
            size, together = 0, 0
            for data in backlog:
                size += len(data) + 1
                if together and size > _LARGEST:
                    break
                together += 1
            if not self._send(b"\n".join(itertools.islice(backlog, together))):
                return False
            for _ in range(together):
                backlog.popleft()
        if backlog:
            if not self._send(backlog[0]):
                return False
            backlog.popleft()
        return True

    def _send(self, data: bytes) -> bool:
        try:
            if not self._connected:
                self._socket.connect(self._path)
                self._connected = True
            self._socket.send(data)
        except OSError as error:
            if not isinstance(error, BlockingIOError):
                self._connected = False  # the worker is away; its socket file comes back with it
            self._again = time.monotonic() + _PAUSE
            return False
        return True


def _encoded(event: Event) -> bytes:
    """`event` as it travels, without its data when it would be too long."""
    data = event.encode()
    if len(data) > _LARGEST:
        data = Event(event.kind, event.at, event.text, event.host, event.mac, event.address, event.install, event.session).encode()
    return data

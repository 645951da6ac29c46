"""How a serving process hands an event over: one datagram on a local socket, without ever waiting.

The kernel holds few datagrams for the worker (`net.unix.max_dgram_qlen`, often 10), so a bounded backlog waits here; what does not
fit is lost and counted, because a machine that boots must not wait for a disk.
"""

from __future__ import annotations

import json
import socket
import time
from collections import Counter, deque
from pathlib import Path

from pxeserve.events.record import Event

SOCKET_NAME = "events.sock"
_LARGEST = 32_000
_BACKLOG = 1000


class Recorder:
    """Hands events to the worker behind `path`. `source` names this process in counters: dhcp, tftp, provision, console."""

    def __init__(self, path: Path, source: str) -> None:
        self._path = str(path)
        self._source = source
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._connected = False
        self._backlog: deque[bytes] = deque()
        self._counts: Counter[tuple[int, str]] = Counter()

    def emit(self, event: Event) -> None:
        """Hand `event` over; never blocks and never raises. A lost one shows as the counter `lost-event`."""
        data = event.encode()
        if len(data) > _LARGEST:
            data = Event(event.kind, event.at, event.text, event.host, event.mac, event.address, event.install, event.session).encode()
        if len(self._backlog) >= _BACKLOG:
            self.count("lost-event")
        else:
            self._backlog.append(data)
        self._hand_over()

    def count(self, reason: str, by: int = 1) -> None:
        """Count something too frequent for an event of its own: an ignored packet, by reason and minute."""
        self._counts[(int(time.time()) // 60, reason)] += by

    def flush(self) -> None:
        """Hand over what waits, then the counters; call it every second or so, and at the end."""
        if not self._hand_over():
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

    def _hand_over(self) -> bool:
        """Send what waits, oldest first; False when something is left."""
        while self._backlog:
            if not self._send(self._backlog[0]):
                return False
            self._backlog.popleft()
        return True

    def _send(self, data: bytes) -> bool:
        try:
            if not self._connected:
                self._socket.connect(self._path)
                self._connected = True
            self._socket.send(data)
        except BlockingIOError:
            return False
        except OSError:
            self._connected = False  # the worker is away; its socket file comes back with it
            return False
        return True

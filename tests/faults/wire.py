"""A cable in user space between two namespaces: a tap device at each end, and a thread that carries frames and spoils some by a seed.

Kernels without netem have this anywhere TUN is there.
"""

from __future__ import annotations

import fcntl
import heapq
import itertools
import os
import random
import select
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.faults.space import Space, ip, space

_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
HERE, THERE = "10.77.0.1", "10.77.0.2"
_MACS = {HERE: "02:00:00:77:00:01", THERE: "02:00:00:77:00:02"}


@dataclass(frozen=True)
class Fate:
    """What happens to frames: shares of them that are lost, doubled, late by 8 ms, or have one bit flipped; and seconds on the way."""

    loss: float = 0.0
    double: float = 0.0
    late: float = 0.0
    corrupt: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0
    spares_requests: bool = False
    """Requests to port 69 always arrive. A server cannot repeat what it has never heard, and clients wait 5 s before they do."""


@dataclass
class Wire:
    """The cable while it is plugged in. `counts` tells what was done to how many frames."""

    ends: tuple[int, int]
    fate: Fate = field(default_factory=Fate)
    chance: random.Random = field(default_factory=random.Random)
    counts: Counter[str] = field(default_factory=Counter)

    def becomes(self, fate: Fate, seed: int) -> None:
        """From now on."""
        self.fate, self.chance, self.counts = fate, random.Random(seed), Counter()

    def carry(self, stop: int) -> None:
        """Until `stop` is readable."""
        queue: list[tuple[float, int, int, bytes]] = []
        order = itertools.count()
        while True:
            wait = max(0.0, queue[0][0] - time.monotonic()) if queue else None
            ready = select.select([*self.ends, stop], [], [], wait)[0]
            if stop in ready:
                return
            for end in self.ends:
                if end in ready:
                    frame, other = os.read(end, 65536), self.ends[end == self.ends[0]]
                    for delay, copy in self._copies(frame):
                        heapq.heappush(queue, (time.monotonic() + delay, next(order), other, copy))
            while queue and queue[0][0] <= time.monotonic():
                _, _, end, frame = heapq.heappop(queue)
                os.write(end, frame)

    def _copies(self, frame: bytes) -> Iterator[tuple[float, bytes]]:
        fate, chance = self.fate, self.chance
        if frame[12:14] != b"\x08\x00" or (fate.spares_requests and frame[23] == 17 and frame[36:38] == b"\0\x45"):
            yield 0.0, frame
            return
        self.counts["frames"] += 1
        if self._happens("loss"):
            return
        if self._happens("corrupt"):
            bit = chance.randrange(14 * 8, len(frame) * 8)
            frame = frame[: bit // 8] + bytes((frame[bit // 8] ^ 1 << bit % 8,)) + frame[bit // 8 + 1 :]
        delay = fate.delay + (chance.uniform(-fate.jitter, fate.jitter) if fate.jitter else 0.0)
        if self._happens("late"):
            delay += 0.008
        yield delay, frame
        if self._happens("double"):
            yield delay + 0.0001, frame

    def _happens(self, what: str) -> bool:
        happens: bool = self.chance.random() < getattr(self.fate, what)
        self.counts[what] += happens
        return happens


def _tap(where: Space, address: str) -> int:
    with where.entered():
        fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", b"eth0", _IFF_TAP | _IFF_NO_PI))
    ip("-n", where.name, "link", "set", "eth0", "address", _MACS[address])
    ip("-n", where.name, "address", "add", f"{address}/16", "dev", "eth0")
    ip("-n", where.name, "link", "set", "eth0", "up")
    return fd


@contextmanager
def wired() -> Iterator[tuple[Space, Space, Wire]]:
    """Two namespaces with `eth0` 10.77.0.1 and 10.77.0.2, and the wire between them. Neighbours are known: no ARP is ever lost."""
    with space("here") as here, space("there") as there:
        try:
            ends = _tap(here, HERE), _tap(there, THERE)
        except OSError as error:
            pytest.skip(f"there are no tap devices here: {error}")
        for where, other in ((here, THERE), (there, HERE)):
            ip("-n", where.name, "neighbour", "replace", other, "lladdr", _MACS[other], "dev", "eth0", "nud", "permanent")
        wire = Wire(ends)
        stop, stopper = os.pipe()
        thread = threading.Thread(target=wire.carry, args=(stop,))
        thread.start()
        try:
            yield here, there, wire
        finally:
            os.close(stopper)
            thread.join()
            for fd in (stop, *ends):
                os.close(fd)

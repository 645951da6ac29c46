"""A rack's network in namespaces: a bridge on which the service listens, and machines behind cables that lose what they are told."""

from __future__ import annotations

import fcntl
import itertools
import os
import random
import select
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.faults.space import Space, ip, space

SERVER = "10.78.0.1"
_TUNSETIFF, _IFF_TAP, _IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
_UDP, _TCP = 17, 6
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Packet:
    """An IPv4 packet of TCP or UDP on a cable; `out` when the machine sent it."""

    out: bool
    udp: bool
    source: str
    from_port: int
    to_port: int


Loses = Callable[[Packet], bool]


def nothing(_packet: Packet) -> bool:
    """A good cable."""
    return False


def by_chance(share: float, seed: int) -> Loses:
    """A bad cable: this share of all packets, at random."""
    chance = random.Random(seed)
    return lambda _packet: chance.random() < share


@dataclass
class Cable:
    """Between a machine and the switch. `loses` says what does not arrive, from the moment it is set; `pulled` that nothing does."""

    machine: int
    switch: int
    loses: Loses = nothing
    pulled: bool = False
    lost: int = field(default=0)

    def carry(self, stop: int) -> None:
        """Until `stop` is readable."""
        while True:
            ready = select.select([self.machine, self.switch, stop], [], [])[0]
            if stop in ready:
                return
            for end, other in ((self.machine, self.switch), (self.switch, self.machine)):
                if end in ready:
                    frame = os.read(end, 65536)
                    if self.pulled or self._lost(frame, out=end == self.machine):
                        self.lost += 1
                    else:
                        os.write(other, frame)

    def _lost(self, frame: bytes, *, out: bool) -> bool:
        if frame[12:14] != b"\x08\x00" or frame[23] not in (_UDP, _TCP):
            return False
        ports = struct.unpack_from(">HH", frame, 14 + (frame[14] & 15) * 4)
        return self.loses(Packet(out, frame[23] == _UDP, ".".join(map(str, frame[26:30])), *ports))


@dataclass
class Network:
    """The bridge `br0` in `switch`, where the service runs as 10.78.0.1."""

    switch: Space

    @contextmanager
    def plugged(self, mac: str, address: str = "") -> Iterator[tuple[Space, Cable]]:
        """A namespace whose `eth0` has this MAC and is plugged in; without an address it has none until it asks."""
        with space("m") as machine:
            port = f"p{next(_numbers)}"
            cable = Cable(_tap(machine, "eth0"), _tap(self.switch, port))
            ip("-n", self.switch.name, "link", "set", port, "master", "br0", "up")
            ip("-n", machine.name, "link", "set", "eth0", "address", mac)
            if address:
                ip("-n", machine.name, "address", "add", f"{address}/10", "dev", "eth0")
            ip("-n", machine.name, "link", "set", "eth0", "up")
            stop, stopper = os.pipe()
            thread = threading.Thread(target=cable.carry, args=(stop,))
            thread.start()
            try:
                yield machine, cable
            finally:
                os.close(stopper)
                thread.join()
                for fd in (stop, cable.machine, cable.switch):
                    os.close(fd)


def _tap(where: Space, name: str) -> int:
    with where.entered():
        try:
            fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
            fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TAP | _IFF_NO_PI))
        except OSError as error:
            pytest.skip(f"there are no tap devices here: {error}")
    return fd


@contextmanager
def network() -> Iterator[Network]:
    """A switch with nothing plugged in."""
    with space("s") as switch:
        own = ("address", "02:00:00:00:00:01")  # else it takes the lowest of its ports', whichever is plugged in
        ip("-n", switch.name, "link", "add", "br0", *own, "type", "bridge", "forward_delay", "0", "stp_state", "0")
        ip("-n", switch.name, "address", "add", f"{SERVER}/10", "dev", "br0")
        ip("-n", switch.name, "link", "set", "br0", "up")
        yield Network(switch)

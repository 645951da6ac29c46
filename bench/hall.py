"""A hall of machines that all boot at once: each asks for an address, takes it, and fetches its boot file from that address.

Run as a program: `hall.py SERVER COUNT SECONDS` prints a line of JSON. COUNT machines, the inventory's from its first on, are switched on
within SECONDS. Their DHCP goes through a relay agent; their TFTP comes from the addresses that they were lent, which must be local here.
A machine that is not answered asks again as firmware does: DHCP after 4 s, TFTP after 1 s (PXE 2.1 section 2.2.4, RFC 2349).
Standard library alone.
"""

from __future__ import annotations

import heapq
import json
import os
import select
import socket
import struct
import sys
import time
from dataclasses import dataclass, field

from probe import TIMESTAMPNS, options, question

_DISCOVER, _OFFER, _REQUEST, _ACK = 1, 2, 3, 5
_RRQ, _DATA, _ERROR, _OACK = 1, 3, 5, 6
_BLOCK = 1468
_ASKS_AGAIN = {"dhcp": 4.0, "tftp": 1.0}
_PATIENCE = 60.0
_RCVBUFFORCE = 33
"""SO_RCVBUFFORCE (asm-generic/socket.h): a thousand answers at once are not to be lost by who asked."""


@dataclass(slots=True, eq=False)
class Machine:
    """One of them: what it has asked, when, and how far it has come. Waits are milliseconds."""

    number: int
    mac: bytes
    asked: bytes = b""
    at: int = 0
    due: float = 0.0
    sock: socket.socket | None = None
    to: tuple[str, int] = ("", 0)
    began: float = 0.0
    got: int = 0
    blocks: int = 0
    waits: dict[str, float] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether it has its file."""
        return "file" in self.waits


class Hall:
    """All of them, and the one socket of their relay agent."""

    def __init__(self, server: str, count: int) -> None:
        self._server = server
        self._machines = [Machine(number, bytes.fromhex("525401") + number.to_bytes(3)) for number in range(count)]
        self._by_number = {one.number: one for one in self._machines}
        self._agent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._agent.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, 16 << 20)
        self._agent.setsockopt(socket.SOL_SOCKET, TIMESTAMPNS, 1)
        self._agent.bind(("", 67))
        self._agent.connect((server, 67))
        self._own = struct.unpack("!I", socket.inet_aton(self._agent.getsockname()[0]))[0]
        self._poll = select.epoll()
        self._poll.register(self._agent, select.EPOLLIN)
        self._at: dict[int, Machine] = {}
        self._again = 0
        self._waiting: list[tuple[float, int]] = []
        """When whom is to be looked at: to be switched on, or to ask again."""

    def boot(self, seconds: float) -> dict[str, object]:
        """Switch all on within so many seconds, and wait until each has its file."""
        start = time.monotonic()
        for order, one in enumerate(self._machines):
            one.due = start + seconds * order / len(self._machines)
            heapq.heappush(self._waiting, (one.due, one.number))
        left = len(self._machines)
        while left and time.monotonic() < start + seconds + _PATIENCE:
            self._look()
            soon = self._waiting[0][0] - time.monotonic() if self._waiting else 1.0
            for descriptor, _ in self._poll.poll(min(max(soon, 0.0), 1.0)):
                left -= self._dhcp() if descriptor == self._agent.fileno() else self._tftp(self._at[descriptor])
        waits = {name: [one.waits[name] for one in self._machines if name in one.waits] for name in ("offer", "ack", "file")}
        return {"wall": time.monotonic() - start, "unserved": left, "again": self._again, **waits}

    def _look(self) -> None:
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            _, number = heapq.heappop(self._waiting)
            one = self._by_number[number]
            if one.done or one.due > now:
                continue
            if not one.asked:
                self._ask(one, _DISCOVER)
            else:
                self._again += 1
                self._send(one, "tftp" if one.sock else "dhcp")

    def _ask(self, one: Machine, kind: int, more: bytes = b"") -> None:
        pxe = bytes((60, 32)) + b"PXEClient:Arch:00000:UNDI:002001" + bytes((93, 2, 0, 0, 94, 3, 1, 2, 1, 97, 17, 0)) + bytes(10) + one.mac
        one.asked = question(kind, one.number << 4 | kind, one.mac, self._own, more + pxe + bytes((55, 4, 66, 67, 43, 60)))
        one.at = time.time_ns()
        self._send(one, "dhcp")

    def _send(self, one: Machine, what: str) -> None:
        one.due = time.monotonic() + _ASKS_AGAIN[what]
        heapq.heappush(self._waiting, (one.due, one.number))
        if one.sock:
            one.sock.sendto(one.asked, one.to)
        else:
            self._agent.send(one.asked)

    def _dhcp(self) -> int:
        """All that the agent has heard; nobody is done by it."""
        while True:
            try:
                answer, ancillary, _, _ = self._agent.recvmsg(2048, 64)
            except BlockingIOError:
                return 0
            transaction = int.from_bytes(answer[4:8])
            one, kind = self._by_number[transaction >> 4], transaction & 15
            if one.sock or answer[4:8] != one.asked[4:8]:
                continue
            told = options(answer)
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
            wait = (seconds * 10**9 + nanoseconds - one.at) / 1e6
            if kind == _DISCOVER and told.get(53) == bytes([_OFFER]):
                one.waits["offer"] = wait
                self._ask(one, _REQUEST, bytes((50, 4)) + answer[16:20] + bytes((54, 4)) + told[54])
            elif kind == _REQUEST and told.get(53) == bytes([_ACK]):
                one.waits["ack"] = wait
                self._fetch(one, socket.inet_ntoa(answer[16:20]), told.get(67, answer[108:236]).rstrip(b"\0"))

    def _fetch(self, one: Machine, address: str, name: bytes) -> None:
        if not name:
            raise SystemExit(f"{one.mac.hex(':')} was named no boot file")
        one.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        one.sock.bind((address, 0))
        self._poll.register(one.sock, select.EPOLLIN)
        self._at[one.sock.fileno()] = one
        one.asked = struct.pack("!H", _RRQ) + name + b"\0octet\0blksize\0" + str(_BLOCK).encode() + b"\0"
        one.to, one.began = (self._server, 69), time.monotonic()
        self._send(one, "tftp")

    def _tftp(self, one: Machine) -> int:
        """One packet of a transfer; 1 when it was the last."""
        assert one.sock
        try:
            packet, sender = one.sock.recvfrom(2048)
        except BlockingIOError:
            return 0
        kind, block = struct.unpack("!HH", packet[:4])
        if kind == _ERROR:
            raise SystemExit(f"{one.mac.hex(':')}: {one.asked[2:]!r}: {packet[4:-1]!r}")
        last = False
        if kind == _OACK:
            block = 0
        elif kind == _DATA and block == one.blocks + 1:
            one.blocks, one.got = block, one.got + len(packet) - 4
            last = len(packet) - 4 < _BLOCK
        one.to, one.asked = sender, struct.pack("!HH", 4, block)
        one.sock.sendto(one.asked, sender)
        one.due = time.monotonic() + _ASKS_AGAIN["tftp"]
        if not last:
            heapq.heappush(self._waiting, (one.due, one.number))
            return 0
        one.waits["file"] = (time.monotonic() - one.began) * 1000
        self._poll.unregister(one.sock)
        del self._at[one.sock.fileno()]
        one.sock.close()
        return 1


def main() -> None:
    """Boot them."""
    server, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    os.nice(-20)
    print(json.dumps(Hall(server, count).boot(seconds)))


if __name__ == "__main__":
    main()

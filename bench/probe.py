"""One DHCP client after the other, a hundred a second, and how long each answer took: from the call that sent the question to the moment
at which the kernel had the answer, so that a busy core beside it does not count.

Run as a program: `probe.py SERVER SECONDS PREFIX` prints a line of JSON. Speaks as a relay agent with one hop. Standard library alone.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time

TIMESTAMPNS = 35
"""SOTIMESTAMPNS (asm-generic/socket.h)."""

_HEAD = struct.Struct("!BBBBIHHIIII16s64s128sI")
_COOKIE = 0x63825363
_DISCOVER, _OFFER, _REQUEST, _ACK = 1, 2, 3, 5
_EVERY = 0.01
_PATIENCE = 1.0


def question(kind: int, transaction: int, mac: bytes, own: int, options: bytes = b"") -> bytes:
    """A DHCPDISCOVER or DHCPREQUEST of `mac`, as the agent at `own` relays it (RFC 2131 section 2)."""
    head = _HEAD.pack(1, 1, 6, 1, transaction, 0, 0, 0, 0, 0, own, mac, b"", b"", _COOKIE)
    return head + bytes((53, 1, kind)) + bytes((55, 4, 1, 3, 6, 51)) + options + b"\xff"


def options(packet: bytes) -> dict[int, bytes]:
    """The options of an answer, by code."""
    found, at = {}, _HEAD.size
    while at + 1 < len(packet) and packet[at] != 255:
        if packet[at]:
            found[packet[at]] = packet[at + 2 : at + 2 + packet[at + 1]]
            at += 2 + packet[at + 1]
        else:
            at += 1
    return found


class Client:
    """Asks `server` from the agent's port."""

    def __init__(self, server: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, TIMESTAMPNS, 1)
        self._socket.settimeout(_PATIENCE)
        self._socket.bind(("", 67))
        self._socket.connect((server, 67))
        self._own = struct.unpack("!I", socket.inet_aton(self._socket.getsockname()[0]))[0]

    def ask(self, kind: int, expected: int, transaction: int, mac: bytes, more: bytes = b"") -> tuple[float, bytes] | None:
        """Milliseconds to the answer, and the answer; None when none came."""
        raw = question(kind, transaction, mac, self._own, more)
        began = time.time_ns()
        self._socket.send(raw)
        while True:
            try:
                answer, ancillary, _, _ = self._socket.recvmsg(2048, 64)
            except TimeoutError:
                return None
            if answer[4:8] == raw[4:8] and options(answer).get(53) == bytes([expected]):
                seconds, nanoseconds = struct.unpack("qq", ancillary[0][2])
                return (seconds * 10**9 + nanoseconds - began) / 1e6, answer


def main() -> None:
    """Ask for so many seconds."""
    server, seconds, prefix = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    os.nice(-20)
    client = Client(server)
    waits: dict[str, list[float]] = {"offer": [], "ack": []}
    lost, number, end = 0, 0, time.monotonic() + seconds
    while time.monotonic() < end:
        due = time.monotonic() + _EVERY
        number += 1
        mac = struct.pack("!BBI", 2, prefix, number)
        offer = client.ask(_DISCOVER, _OFFER, number, mac)
        if offer is not None:
            wait, answer = offer
            waits["offer"].append(wait)
            wanted = bytes((50, 4)) + answer[16:20] + bytes((54, 4)) + options(answer)[54]
            ack = client.ask(_REQUEST, _ACK, number, mac, wanted)
            if ack is not None:
                waits["ack"].append(ack[0])
        lost += number - len(waits["ack"]) - lost
        time.sleep(max(0.0, due - time.monotonic()))
    print(json.dumps({"asked": number, "lost": lost, **waits}))


if __name__ == "__main__":
    main()

"""DHCP clients that share nothing with the server's code, and a record of all that was ever acknowledged to them.

They speak through a relay agent's address (giaddr) with the port they listen on (RFC 8357), so that one socket is thousands of machines.
"""

from __future__ import annotations

import random
import select
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
_COOKIE = bytes.fromhex("63825363")
_NETWORK = "10.77.0.1"
AGENT = b"\x05\x04" + socket.inet_aton(_NETWORK) + b"\x13\x00"
"""Option 82: link selection (RFC 3527), and that the answer goes to the port that was sent from."""


def mac(number: int) -> bytes:
    """A machine's address by its number."""
    return b"\x52\x54" + number.to_bytes(4)


def written(address: bytes) -> str:
    return address.hex(":")


def option(code: int, value: bytes) -> bytes:
    return bytes((code, len(value))) + value


def request(
    kind: int,
    chaddr: bytes,
    xid: int,
    *more: bytes,
    giaddr: str = "127.0.0.1",
    ciaddr: str = "0.0.0.0",
    flags: int = 0,
    agent: bytes = AGENT,
) -> bytes:
    """One message to a server; `more` are whole options."""
    head = struct.pack("!BBBBIHH", 1, 1, 6, 1, xid, 0, flags) + socket.inet_aton(ciaddr) + bytes(8) + socket.inet_aton(giaddr)
    options = option(53, bytes((kind,))) + b"".join(more) + (option(82, agent) if agent else b"") + b"\xff"
    return head + chaddr.ljust(16, b"\0") + bytes(192) + _COOKIE + options


class Answer(NamedTuple):
    """What a server said."""

    kind: int
    xid: int
    mac: bytes
    address: str
    server: bytes
    seconds: int


def answer(data: bytes) -> Answer:
    """Read what a server said, without mercy: what is malformed is an AssertionError."""
    assert len(data) >= 241 and data[0] == 2 and data[236:240] == _COOKIE, data
    options: dict[int, bytes] = {}
    at = 240
    while data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        code, length = data[at], data[at + 1]
        value = data[at + 2 : at + 2 + length]
        before = options.get(code, b"")  # what is longer than 255 goes on in a second option (RFC 3396)
        assert len(value) == length and len(before) % 255 == 0, (code, value, data[236:])
        options[code] = before + value
        at += 2 + length
    seconds = int.from_bytes(options.get(51, b""))
    return Answer(options[53][0], int.from_bytes(data[4:8]), data[28:34], socket.inet_ntoa(data[16:20]), options.get(54, b""), seconds)


@dataclass
class Record:
    """Every acknowledgement that reached a client: who has which address. `doubled` names addresses acknowledged to two."""

    of: dict[bytes, str] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    total: int = 0
    _by_address: dict[str, bytes] = field(default_factory=dict)

    def acknowledged(self, who: bytes, address: str) -> None:
        self.total += 1
        holder = self._by_address.setdefault(address, who)
        if holder != who:
            self.doubled.append(f"{address} is {written(holder)}'s and was acknowledged to {written(who)}")
        self.of[who] = address


@dataclass
class Client:
    """One machine on its way to an address."""

    mac: bytes
    xid: int
    sends: bytes
    due: float = 0.0


class Crowd:
    """Machines behind one relay, a few at a time, each asking until it has an address. Whatever is acknowledged goes into `record`.

    There are `most` of them: when all have had their turn the first comes again, as machines do.
    """

    def __init__(
        self, sock: socket.socket, server: tuple[str, int], record: Record | None = None, seed: int = 2131, most: int = 2000
    ) -> None:
        self._most = most
        self.record = record or Record()
        self.first_offer: float | None = None
        self.first_ack: float | None = None
        self.answers: dict[int, int] = {}
        sock.setblocking(False)
        self._sock = sock
        self._server = server
        self._next = 0
        self._random = random.Random(seed)
        self._busy: dict[bytes, Client] = {}

    def lease(self, seconds: float, at_once: int = 12) -> None:
        """Let new machines come for so long, one as soon as another is served."""
        self.go_on(time.monotonic() + seconds, at_once)

    def until_offered(self, deadline: float, at_once: int = 12) -> float:
        """Go on until a server offers something, from now on; the moment at which it did."""
        self._restart()
        while self.first_offer is None:
            assert time.monotonic() < deadline, "no OFFER came"
            self.go_on(time.monotonic() + 0.02, at_once)
        return self.first_offer

    def finish(self, seconds: float = 30.0) -> None:
        """Let those who still ask come to an end."""
        deadline = time.monotonic() + seconds
        while self._busy and time.monotonic() < deadline:
            self.go_on(min(deadline, time.monotonic() + 0.05), 0)
        assert not self._busy, f"{len(self._busy)} machines never got an address"

    def go_on(self, end: float, at_once: int) -> None:
        while (now := time.monotonic()) < end:
            while len(self._busy) < at_once:
                self._newcomer()
            for client in self._busy.values():
                if now >= client.due:
                    client.due = now + 0.25
                    self._sock.sendto(client.sends, self._server)
            if select.select([self._sock], [], [], min(0.02, end - now))[0]:
                self._hear()

    def _restart(self) -> None:
        """Everybody asks anew: what was offered by a server that has died is worth nothing."""
        self.first_offer = None
        for client in self._busy.values():
            self._discovers(client)

    def _newcomer(self) -> None:
        self._next = self._next % self._most + 1
        client = Client(mac(self._next), 0, b"")
        self._discovers(client)
        self._busy[client.mac] = client

    def _discovers(self, client: Client) -> None:
        client.xid = self._random.getrandbits(32)
        client.sends, client.due = request(DISCOVER, client.mac, client.xid), 0.0

    def _hear(self) -> None:
        while True:
            try:
                heard = answer(self._sock.recv(4096))
            except BlockingIOError:
                return
            self.answers[heard.kind] = self.answers.get(heard.kind, 0) + 1
            client = self._busy.get(heard.mac)
            if heard.kind == ACK:
                self.record.acknowledged(heard.mac, heard.address)
                self.first_ack = self.first_ack or time.monotonic()
            if client is None or heard.xid != client.xid:
                continue
            if heard.kind == OFFER:
                self.first_offer = self.first_offer or time.monotonic()
                asked = (option(50, socket.inet_aton(heard.address)), option(54, heard.server))
                client.sends, client.due = request(REQUEST, client.mac, client.xid, *asked), 0.0
            elif heard.kind == NAK:
                self._discovers(client)
            elif heard.kind == ACK:
                del self._busy[client.mac]


def ask_all(sock: socket.socket, server: tuple[str, int], messages: dict[int, bytes], tries: int = 8) -> dict[int, Answer]:
    """Send each message, by xid, until it is answered or eight tries are over; what came."""
    found: dict[int, Answer] = {}
    for _ in range(tries):
        waiting = [xid for xid in messages if xid not in found]
        if not waiting:
            break
        for start in range(0, len(waiting), 64):
            for xid in waiting[start : start + 64]:
                sock.sendto(messages[xid], server)
            while select.select([sock], [], [], 0.3 if len(waiting) > start + 64 else 1.0)[0]:
                heard = answer(sock.recv(4096))
                if heard.xid in messages:
                    found[heard.xid] = heard
                if all(xid in found for xid in waiting[start : start + 64]):
                    break
    return found


def lost(sock: socket.socket, server: tuple[str, int], promised: Iterable[tuple[bytes, str]]) -> list[str]:
    """Whose promise is not kept: each machine starts up on its address again (INIT-REBOOT), and must be acknowledged just that."""
    asked = dict(enumerate(promised, 0x10000000))
    messages = {xid: request(REQUEST, who, xid, option(50, socket.inet_aton(address))) for xid, (who, address) in asked.items()}
    heard = ask_all(sock, server, messages)
    kept = {xid for xid, said in heard.items() if said.kind == ACK and said.address == asked[xid][1] and said.mac == asked[xid][0]}
    return [f"{written(who)} lost {address}" for xid, (who, address) in asked.items() if xid not in kept]


def given_away(sock: socket.socket, server: tuple[str, int], promised: Iterable[tuple[bytes, str]]) -> list[str]:
    """Which addresses an intruder gets by asking for them: it starts up on each and must hear no ACK."""
    asked = dict(enumerate(promised, 0x20000000))
    messages = {
        xid: request(REQUEST, b"\x02\xee" + xid.to_bytes(4), xid, option(50, socket.inet_aton(address)))
        for xid, (_, address) in asked.items()
    }
    heard = ask_all(sock, server, messages, tries=3)
    return [f"{asked[xid][1]} of {written(asked[xid][0])} was given to an intruder" for xid, said in heard.items() if said.kind == ACK]

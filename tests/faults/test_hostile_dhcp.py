"""Hostile DHCP on a real wire: each option too short, too long and past the end, in every way that a message can come in.

What is answered is read by a parser without mercy; what is stored must be there after a restart.
"""

from __future__ import annotations

import itertools
import random
import select
import socket
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.faults.fetching import rrq
from tests.faults.leasing import DECLINE, DISCOVER, INFORM, RELEASE, REQUEST, Record, answer, lost, mac, option, request
from tests.faults.service import Service
from tests.faults.space import Space, ip, joined
from tests.faults.watch import Watch, canary_beside

pytestmark = pytest.mark.netns
SERVER, CLIENT = "10.77.0.1", "10.77.0.2"
KNOWN = (1, 3, 6, 12, 43, 50, 51, 52, 53, 54, 55, 57, 60, 61, 66, 67, 77, 82, 90, 93, 94, 97, 118, 119, 121, 175, 249)
"""Options that mean something to a server or a PXE client; the long run takes all 254."""

EVERYBODY, ROUTED = ("255.255.255.255", 67), (SERVER, 67)
WAYS = {
    "broadcast": (EVERYBODY, {"giaddr": "0.0.0.0", "agent": b"", "flags": 0x8000}),
    "unicast": (ROUTED, {"giaddr": "0.0.0.0", "agent": b"", "ciaddr": "10.78.0.9"}),
    "relayed": (ROUTED, {"giaddr": CLIENT}),
    "no subnet": (ROUTED, {"giaddr": "192.0.2.9", "agent": b"\x13\x00"}),
}


@dataclass
class Client:
    """A place on the wire: one socket as a client, one as a relay."""

    there: Space
    client: socket.socket
    relay: socket.socket

    def say(self, messages: list[bytes], way: str, *, burst: int = 50) -> list[bytes]:
        """Send them all the same way; whatever came."""
        to, _ = WAYS[way]
        sock = self.client if to == EVERYBODY else self.relay
        heard: list[bytes] = []
        for start in range(0, len(messages), burst):
            for message in messages[start : start + burst]:
                sock.sendto(message, to)
            heard += self._come(0.05)
        return heard + self._come(0.5)

    def _come(self, patience: float) -> list[bytes]:
        came = []
        while ready := select.select([self.client, self.relay], [], [], patience)[0]:
            came += [sock.recv(65536) for sock in ready]
        return came


@pytest.fixture(scope="module")
def placed(furnish_module: Callable[..., Service], body: bytes) -> Iterator[tuple[Watch, Client]]:
    with joined() as (here, there):
        ip("-n", here.name, "route", "add", "default", "via", CLIENT)  # so that answers to everywhere leave
        service = furnish_module(here, interface="eth0", address=SERVER)
        _, words = canary_beside(service)
        service.start()
        watch = Watch(service, words, body)
        watch.begin()
        client = there.udp("0.0.0.0", 68, interface="eth0")
        yield watch, Client(there, client, there.udp(CLIENT, 6767))
        service.stop()


def well(watch: Watch, heard: list[bytes], why: str) -> str:
    """Every answer reads as one, and the service is as it was."""
    for data in heard:
        answer(data)
    watch.heard += heard
    return watch.holds(why)


def built(kind: int, number: int, way: str, *more: bytes) -> bytes:
    """A message of machine `number` as it goes out that way."""
    return request(kind, mac(number), number, *more, **WAYS[way][1])  # type: ignore[arg-type]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("codes", [KNOWN, pytest.param(range(255), marks=pytest.mark.long)], ids=["known", "all"])
def test_no_option_of_any_length_does_any_harm(
    codes: tuple[int, ...], way: str, placed: tuple[Watch, Client], figure: Callable[[str], None]
) -> None:
    watch, client = placed
    numbers, messages = itertools.count(0x500000), []
    for code, kind in itertools.product(codes, (DISCOVER, REQUEST, INFORM)):
        for value in (b"", b"\x01", b"\xff" * 255, b"\0" * 255):
            messages.append(built(kind, next(numbers), way, bytes((code, len(value))) + value))
        whole = built(kind, next(numbers), way)
        messages.append(whole[:-1] + bytes((code, 200)) + b"past the end")
        messages.append(whole[:-1] + bytes((code,)))
    random.Random(2132).shuffle(messages)
    heard = client.say(messages, way)
    figure(f"{len(messages)} messages, {len(heard)} answers, all well formed; {well(watch, heard, way)}")


def headers(way: str) -> list[bytes]:
    """Fixed fields that cannot be."""
    good = built(DISCOVER, 0x600001, way)
    found = [good[:cut] for cut in range(0, len(good), 7)] + [b"", bytes(300), bytes(1500), b"\xff" * 1500, good + bytes(1200)]
    for at, values in ((0, (0, 2, 3, 255)), (1, (0, 2, 6, 255)), (2, (0, 1, 5, 7, 15, 16, 17, 255)), (3, (4, 16, 17, 255))):
        found += [good[:at] + bytes((value,)) + good[at + 1 :] for value in values]
    found += [good[:28] + address + good[34:] for address in (bytes(6), b"\xff" * 6, b"\x01\0\0\0\0\1")]
    found += [good[:236] + cookie + good[240:] for cookie in (bytes(4), b"\xff" * 4, b"\x63\x82\x53\x64")]
    for at in (12, 16, 20, 24):
        for field in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\0\0\1", b"\xe0\0\0\1", b"\x0a\x4d\0\1", b"\x0a\x4e\0\0"):
            found.append(good[:at] + field + good[at + 4 :])
    return found


@pytest.mark.parametrize("way", WAYS)
def test_no_header_does_any_harm(way: str, placed: tuple[Watch, Client], figure: Callable[[str], None]) -> None:
    watch, client = placed
    messages = headers(way)
    heard = client.say(messages, way)
    figure(f"{len(messages)} messages, {len(heard)} answers; {well(watch, heard, way)}")


def structures(way: str) -> list[bytes]:
    """Option areas, overloading, relay information and identifiers that were made to confuse."""
    numbers = itertools.count(0x700000)

    def one(*more: bytes, kind: int = DISCOVER) -> bytes:
        return built(kind, next(numbers), way, *more)

    found = [one(option(52, bytes((value,)))) for value in (0, 1, 2, 3, 4, 255)]
    for value, fill in itertools.product((1, 2, 3), (b"\xff", b"\0", b"\x35\x01\x03", b"\x34\x01\x03", b"\x0c\xff", b"\x52\x40")):
        message = one(option(52, bytes((value,))))
        found.append(message[:44] + (fill * 192)[:192] + message[236:])
    agents = [
        b"",
        b"\x01",
        b"\x01\xff",
        b"\x01\x04abcd" * 30,
        b"\x05\x04\0\0\0\0",
        b"\x05\x04\xff\xff\xff\xff",
        b"\x05\x03abc",
        b"\x05\x00",
        b"\x0b\x04abcd",
    ]
    agents += [
        b"\x13\x01x",
        b"\x97\x08\0vrfname",
        b"\0" * 100,
        b"\xff" * 100,
        b"\x05\x04" + b"\x0a\x40\0\1" * 2,
        b"\x01\x02\x05\x04\x0a\x4d\0\1",
    ]
    found += [one(option(82, agent)) for agent in agents] + [one(option(82, agents[3]), option(82, agents[3]))]
    found += [
        one(option(61, ident))
        for ident in (b"\0", b"\1", b"\1" + b"\0" * 6, b"\xff" + b"\xee" * 254, b"\0" + b"'; DROP TABLE lease; --", b"\1" * 255)
    ]
    found += [
        one(*[option(code % 254 + 1, b"x") for code in range(254)]),
        one(*[option(12, b"abc")] * 100),
        one(b"\0" * 300),
        one(b"\xff", option(53, b"\x03")),
    ]
    found += [one(option(53, bytes((kind,)))) for kind in (0, 1, 4, 7, 9, 13, 255)] + [one(option(53, b"\1\1"))]
    found += [one(option(57, size.to_bytes(2))) for size in (0, 1, 240, 300, 576, 65535)] + [one(option(55, bytes(range(256))[:255]))]
    found += [
        one(option(93, code.to_bytes(2)), option(60, b"PXEClient" + b"\xff" * 40), option(97, b"\0" + b"\xff" * 16))
        for code in (0, 7, 255, 65535)
    ]
    found += [
        one(option(50, address), kind=REQUEST) for address in (bytes(4), b"\xff" * 4, b"\x0a\x4d\0\1", b"\x0a\x4e\0\0", b"\x7f\0\0\1")
    ]
    for kind in (DECLINE, RELEASE):
        found += [one(option(50, b"\x0a\x4e\0" + bytes((low,))), option(54, socket.inet_aton(SERVER)), kind=kind) for low in range(20)]
    return found


@pytest.mark.parametrize("way", WAYS)
def test_no_structure_does_any_harm(way: str, placed: tuple[Watch, Client], figure: Callable[[str], None]) -> None:
    watch, client = placed
    messages = structures(way)
    heard = client.say(messages, way)
    figure(f"{len(messages)} messages, {len(heard)} answers; {well(watch, heard, way)}")


def test_messages_mutated_at_random_do_no_harm(placed: tuple[Watch, Client], figure: Callable[[str], None]) -> None:
    watch, client = placed
    chance, heard, count = random.Random(951), [], 0
    for way in WAYS:
        seeds = headers(way)[-30:] + structures(way)
        messages = []
        for _ in range(500):
            data = bytearray(chance.choice(seeds))
            for _ in range(chance.choice((1, 2, 8))):
                data[chance.randrange(240 if chance.random() < 0.3 else 0, len(data))] = chance.randrange(256)
            messages.append(bytes(data))
        heard += client.say(messages, way)
        count += len(messages)
    figure(f"{count} messages, {len(heard)} answers; {well(watch, heard, 'mutations')}")


NAMES = [
    *(
        b"",
        b"\0",
        b"a" * 255,
        b"\xff" * 255,
        b"\n",
        b"a\nlease 10.78.0.1 {",
        b"'; DROP TABLE lease; --",
        b'"',
        b"\x1b[31m",
        b"\xe2\x80\xae",
    ),
    *(b"../../x", b"{{7*7}}", b"%s%n", b"$(id)", b"a.b.c", b"-", b".", b"\xc0\x80", b"\xed\xa0\x80", "é".encode(), b"<script>", b"a b"),
    *(b"\\", b"\0lease", b"1", b"NULL"),
]


def test_hostile_host_names_are_stored_and_loaded_again(placed: tuple[Watch, Client], figure: Callable[[str], None]) -> None:
    """Kea once took what it then would not start with (CVE-2019-6474): here a restart must find every lease."""
    watch, _ = placed
    record, sock = Record(), watch.service.space.udp()
    named = {mac(0x800000 + number): name for number, name in enumerate(NAMES)}
    for number, (who, name) in enumerate(named.items()):
        xid = 0x800000 + number
        sock.sendto(request(DISCOVER, who, xid, option(12, name)), ("127.0.0.1", 67))
        offer = answer(sock.recv(4096))
        wanted = (option(50, socket.inet_aton(offer.address)), option(54, offer.server), option(12, name))
        sock.sendto(request(REQUEST, who, xid, *wanted), ("127.0.0.1", 67))
        ack = answer(sock.recv(4096))
        assert ack.kind == 5, name
        record.acknowledged(who, ack.address)
    service = watch.service
    service.stop()
    service.start()
    assert not lost(watch.service.space.udp(), ("127.0.0.1", 67), record.of.items())
    assert "could not be read" not in service.log
    with sqlite3.connect(f"file:{service.data}/state/leases.db?mode=ro", uri=True) as connection:
        names = [name for (name,) in connection.execute("SELECT hostname FROM lease")]
    assert all(name.isprintable() and len(name) <= 80 for name in names)
    assert "Traceback" not in service.log
    figure(f"{len(record.of)} leases with hostile names, 0 lost by a restart; {len(names)} in the store, all names harmless")
    watch.begin()


def test_a_tftp_request_from_port_67_is_not_answered(placed: tuple[Watch, Client]) -> None:
    """On a wire of its own, since that port is the DHCP server's where the server is."""
    _, client = placed
    with client.there.udp(CLIENT, 67) as sock:
        sock.sendto(rrq("body.bin"), (SERVER, 69))
        assert not select.select([sock], [], [], 1.5)[0]
    with client.there.udp(CLIENT) as sock:
        sock.sendto(rrq("body.bin"), (SERVER, 69))
        data, sender = sock.recvfrom(2048)
        assert data[:2] == b"\0\3"
        sock.sendto(b"\0\5\0\0no\0", sender)

"""A small world: a network, a server core on it, and clients that speak for themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from pxeserve.dhcp.classify import Asker
from pxeserve.dhcp.lending.lease import Known
from pxeserve.dhcp.lending.leases import Leases
from pxeserve.dhcp.lending.lender import Lender
from pxeserve.dhcp.lending.subnets import Networks, Subnet
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.outcome import Boot, Outcome
from pxeserve.dhcp.packet import BOOTREPLY, BOOTREQUEST, NONE, Message, Reject, Type, encode, parse
from pxeserve.dhcp.route import EVERYBODY, Arrival, Local, Ports
from pxeserve.domain.decide import Reason, Weight
from pxeserve.store import Store, open_store

SERVER = IPv4Address("10.77.0.1")
IPXE_OPTIONS = {
    Code.MAX_SIZE: (1472).to_bytes(2),
    Code.ARCH: bytes(2),
    Code.UNDI: bytes((1, 2, 1)),
    Code.VENDOR_CLASS: b"PXEClient:Arch:00000:UNDI:002001",
    Code.USER_CLASS: b"iPXE",
    Code.PARAMETERS: bytes((1, 3, 6, 7, 12, 15, 17, 26, 43, 60, 66, 67, 119, 128, 129, 130, 131, 132, 133, 134, 135, 175, 203)),
    Code.UUID: bytes.fromhex("001eab577e000000408000000000000001"),
}
UDHCPC_OPTIONS = {
    Code.MAX_SIZE: (576).to_bytes(2),
    Code.PARAMETERS: bytes((1, 3, 6, 12, 15, 28, 42)),
    Code.VENDOR_CLASS: b"udhcp 1.35.0",
}


@dataclass
class FixedBoots:
    """Decides as it is told: `file` for everybody that boots."""

    file: str | None = "b/session/debian/pxelinux.0"
    refused: bool = False
    asked: list[tuple[str, IPv4Address, int, float]] = field(default_factory=list)
    rehearsed: set[str] = field(default_factory=set)
    hosts: dict[str, str] = field(default_factory=dict)

    def boot(self, asker: Asker, xid: int, address: IPv4Address, now: float) -> Boot:
        self.asked.append((asker.mac, address, xid, now))
        reason = Reason(Weight.REFUSED if self.refused else Weight.CHOSE, "told", "as the test says", "test")
        return Boot(self.file, (reason,), self.refused, session="session")

    def host_of(self, mac: str) -> str | None:
        return self.hosts.get(mac)

    def rehearses(self, mac: str) -> bool:
        return mac in self.rehearsed


@dataclass
class Machine:
    """A DHCP client: it builds requests, and learns from answers. Knows the wire only by what it is handed."""

    mac: str
    options: dict[int, bytes] = field(default_factory=lambda: dict(IPXE_OPTIONS))
    xid: int = 0x1234
    flags: int = 0
    giaddr: IPv4Address = NONE
    client_id: bytes = b""
    offer: Message | None = None
    address: IPv4Address | None = None
    server: IPv4Address | None = None
    refused: int = 0

    def say(self, kind: Type, *, ciaddr: IPv4Address = NONE, **options: Any) -> Message:
        """A message; `requested` and `server` are the options 50 and 54."""
        found: dict[int, bytes] = {Code.MESSAGE_TYPE: bytes((kind,)), **self.options}
        if self.client_id:
            found[Code.CLIENT_ID] = self.client_id
        for name, code in (("requested", Code.REQUESTED_ADDRESS), ("server", Code.SERVER_ID)):
            if options.get(name):
                found[code] = IPv4Address(options[name]).packed
        return Message(BOOTREQUEST, self.xid, self.mac, found, flags=self.flags, ciaddr=ciaddr, giaddr=self.giaddr)

    def discover(self) -> Message:
        return self.say(Type.DISCOVER)

    def select(self) -> Message:
        assert self.offer is not None
        return self.say(Type.REQUEST, requested=self.offer.yiaddr, server=self.offer.address(Code.SERVER_ID))

    def hear(self, answer: Message) -> None:
        """Take in an answer; what is meant for others or out of turn is passed over, as clients do."""
        if answer.xid != self.xid or answer.mac != self.mac:
            return
        if answer.type is Type.OFFER and self.offer is None and self.address is None:
            self.offer = answer
        elif answer.type is Type.ACK and answer.yiaddr != NONE:
            self.address, self.server = answer.yiaddr, answer.address(Code.SERVER_ID)
        elif answer.type is Type.NAK:
            self.refused += 1
            self.offer = self.address = None


@dataclass
class World:
    """One server core with its table, and a clock that stands until it is moved."""

    leases: Leases
    lender: Lender
    boots: FixedBoots
    subnet: Subnet
    now: float = 1_000_000.0

    def send(self, message: Message, arrival: Arrival | None = None) -> Outcome:
        """The bytes of `message` on the wire, as the server takes them."""
        heard = parse(encode(message))
        assert not isinstance(heard, Reject), heard
        return self.lender.receive(heard, arrival or Arrival("eth0", NONE, 68, EVERYBODY), self.now)

    def answer(self, message: Message, arrival: Arrival | None = None) -> Message | None:
        """What came back, through its bytes."""
        outcome = self.send(message, arrival)
        if outcome.reply is None:
            return None
        heard = parse(encode(outcome.reply.message, outcome.reply.limit), BOOTREPLY)
        assert not isinstance(heard, Reject), heard
        return heard

    def dora(self, machine: Machine) -> Message | None:
        """DISCOVER to ACK; the last answer."""
        offer = self.answer(machine.discover())
        if offer is None:
            return None
        machine.hear(offer)
        ack = self.answer(machine.select())
        if ack is not None:
            machine.hear(ack)
        return ack

    def know(self, reserved: dict[str, str | None]) -> None:
        """An inventory of hosts by MAC, each with or without a reserved address."""
        names = {mac: f"host-{mac[-2:]}" for mac in reserved}
        self.leases.know(Known(names, {mac: IPv4Address(address) for mac, address in reserved.items() if address}), self.now)


def mac(number: int) -> str:
    return (0x525400000000 | number).to_bytes(6).hex(":")


def make_world(
    ranges: Iterable[tuple[str, str]] = (("10.77.0.100", "10.77.0.199"),), *, authoritative: bool = True, network: str = "10.77.0.0/24"
) -> World:
    subnet = Subnet(
        IPv4Network(network),
        tuple((IPv4Address(first), IPv4Address(last)) for first, last in ranges),
        lease=3600,
        router=SERVER,
        dns=(SERVER,),
        excluded=frozenset({SERVER}),
    )
    far = replace(
        subnet, network=IPv4Network("10.88.0.0/24"), ranges=((IPv4Address("10.88.0.10"), IPv4Address("10.88.0.20")),), router=None
    )
    leases = Leases([subnet, far])
    boots = FixedBoots()
    where = Networks((subnet, far), {"eth0": IPv4Interface(f"10.77.0.1/{subnet.network.prefixlen}")})
    local = Local({"eth0": SERVER}, frozenset({"eth0"}), Ports())
    return World(leases, Lender(where, leases, boots, local, authoritative=authoritative), boots, subnet)


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def worlds() -> Callable[..., World]:
    return make_world


@pytest.fixture
def machine() -> Callable[..., Machine]:
    """Makes PXE machines by number; `plain` ones are ordinary clients."""

    def make(number: int = 1, *, plain: bool = False, **more: Any) -> Machine:
        options = dict(UDHCPC_OPTIONS if plain else IPXE_OPTIONS) | more.pop("options", {})
        return Machine(mac(number), options, xid=0x1000 + number, **more)

    return make


@pytest.fixture
def store(tmp_path: Path) -> Iterable[Store]:
    opened = open_store(tmp_path, migrate=True)
    yield opened
    opened.close()

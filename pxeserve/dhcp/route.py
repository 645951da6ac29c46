"""Where an answer goes: RFC 2131 section 4.1 as one function, and the Ethernet frame for a client that has no address yet.

Refuses to know sockets: which of these ways are open is told to it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address
from typing import NamedTuple

from pxeserve.dhcp.options import Code, relay_agent
from pxeserve.dhcp.packet import NONE, Message, Type

EVERYBODY = IPv4Address("255.255.255.255")
_IPV4, _UDP = 0x0800, 17
_TTL = 64


class Arrival(NamedTuple):
    """How a datagram came in: the interface, who sent it, and to which address it was sent."""

    interface: str
    source: IPv4Address
    port: int
    destination: IPv4Address = EVERYBODY

    @property
    def was_broadcast(self) -> bool:
        """Whether it was sent to everybody on the wire, and not to this server."""
        return self.destination == EVERYBODY


@dataclass(frozen=True, slots=True)
class Ports:
    """The server's port and the client's, 67 and 68 except in trials (RFC 2131 section 4.1)."""

    server: int = 67

    @property
    def client(self) -> int:
        """Always the next one."""
        return self.server + 1


@dataclass(frozen=True, slots=True)
class Local:
    """The surroundings: each interface's own address, on which of them raw frames can be sent, and the ports."""

    addresses: Mapping[str, IPv4Address]
    frames: frozenset[str]
    ports: Ports


class Way(StrEnum):
    """How an answer leaves."""

    ROUTED = "routed"        # an ordinary datagram: to a relay, or to a client that answers ARP
    BROADCAST = "broadcast"  # to everybody on the interface
    FRAME = "frame"          # to a MAC whose IP stack has no address yet, as a frame of our own making


class Destination(NamedTuple):
    """Where to. `mac` is set for `Way.FRAME`."""

    way: Way
    address: IPv4Address
    port: int
    mac: str = ""


def route(request: Message, answer: Message, arrival: Arrival, ports: Ports, *, frames: bool) -> Destination:
    """Where `answer` to `request` goes; `frames` tells whether raw frames can be sent on that interface.

    A relay is answered first of all, at the port it sent from if it says so (RFC 8357). A NAK goes to everybody, since the
    client believes in a wrong address. Without frames a client that cannot be reached yet is answered by broadcast.
    """
    if request.giaddr != NONE:
        agent = relay_agent(request.options.get(Code.RELAY_AGENT))
        return Destination(Way.ROUTED, request.giaddr, arrival.port if agent.own_port else ports.server)
    if answer.type is Type.NAK:
        return Destination(Way.BROADCAST, EVERYBODY, ports.client)
    if request.ciaddr != NONE:
        return Destination(Way.ROUTED, request.ciaddr, ports.client)
    if request.broadcast or not frames or answer.yiaddr == NONE:
        return Destination(Way.BROADCAST, EVERYBODY, ports.client)
    return Destination(Way.FRAME, answer.yiaddr, ports.client, request.mac)


def frame(source_mac: str, mac: str, source: tuple[IPv4Address, int], destination: tuple[IPv4Address, int], payload: bytes) -> bytes:
    """An Ethernet frame with one UDP datagram, both checksums set (RFC 791 section 3.1, RFC 768)."""
    (source_ip, source_port), (ip, port) = source, destination
    size = 8 + len(payload)
    pseudo = source_ip.packed + ip.packed + struct.pack("!BBH", 0, _UDP, size)
    udp_head = struct.pack("!HHH", source_port, port, size)
    udp_sum = checksum(pseudo + udp_head + b"\0\0" + payload) or 0xFFFF
    ip_head = struct.pack("!BBHHHBBH4s4s", 0x45, 0x10, 20 + size, 0, 0x4000, _TTL, _UDP, 0, source_ip.packed, ip.packed)
    ip_head = ip_head[:10] + struct.pack("!H", checksum(ip_head)) + ip_head[12:]
    ethernet = bytes.fromhex((mac + source_mac).replace(":", "")) + struct.pack("!H", _IPV4)
    return ethernet + ip_head + udp_head + struct.pack("!H", udp_sum) + payload


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

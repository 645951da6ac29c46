"""Where answers go, as one table; and the frame that reaches a client without an address."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

import pytest

from pxeserve.dhcp.packet import BOOTREPLY, BOOTREQUEST, NONE, Message, Type
from pxeserve.dhcp.route import EVERYBODY, Arrival, Destination, Ports, Way, checksum, frame, route

MAC = "52:54:00:77:00:01"
RELAY, CLIENT, OFFERED = IPv4Address("10.88.0.1"), IPv4Address("10.77.0.50"), IPv4Address("10.77.0.51")
OWN_PORT = b"\x01\x02ge\x13\x00"


@pytest.mark.parametrize(
    ("giaddr", "agent", "ciaddr", "broadcast", "answer", "frames", "expected"),
    [
        # giaddr  option 82  ciaddr   flag   answer      raw    where
        (RELAY, b"", NONE, False, Type.OFFER, True, Destination(Way.ROUTED, RELAY, 67)),
        (RELAY, b"", CLIENT, True, Type.ACK, True, Destination(Way.ROUTED, RELAY, 67)),
        (RELAY, b"", NONE, True, Type.NAK, True, Destination(Way.ROUTED, RELAY, 67)),
        (RELAY, OWN_PORT, NONE, False, Type.OFFER, True, Destination(Way.ROUTED, RELAY, 40123)),
        (RELAY, b"\x13", NONE, False, Type.OFFER, True, Destination(Way.ROUTED, RELAY, 67)),
        (NONE, OWN_PORT, NONE, True, Type.OFFER, True, Destination(Way.BROADCAST, EVERYBODY, 68)),
        (NONE, b"", CLIENT, False, Type.ACK, True, Destination(Way.ROUTED, CLIENT, 68)),
        (NONE, b"", CLIENT, True, Type.ACK, True, Destination(Way.ROUTED, CLIENT, 68)),
        (NONE, b"", CLIENT, False, Type.NAK, True, Destination(Way.BROADCAST, EVERYBODY, 68)),
        (NONE, b"", NONE, False, Type.NAK, True, Destination(Way.BROADCAST, EVERYBODY, 68)),
        (NONE, b"", NONE, True, Type.OFFER, True, Destination(Way.BROADCAST, EVERYBODY, 68)),
        (NONE, b"", NONE, True, Type.ACK, False, Destination(Way.BROADCAST, EVERYBODY, 68)),
        (NONE, b"", NONE, False, Type.OFFER, True, Destination(Way.FRAME, OFFERED, 68, MAC)),
        (NONE, b"", NONE, False, Type.ACK, True, Destination(Way.FRAME, OFFERED, 68, MAC)),
        (NONE, b"", NONE, False, Type.OFFER, False, Destination(Way.BROADCAST, EVERYBODY, 68)),
    ],
)
@pytest.mark.quirk("broadcast-flag")
def test_the_table_of_destinations(
    giaddr: IPv4Address, agent: bytes, ciaddr: IPv4Address, broadcast: bool, answer: Type, frames: bool, expected: Destination
) -> None:
    options = {53: bytes((Type.DISCOVER,)), **({82: agent} if agent else {})}
    request = Message(BOOTREQUEST, 1, MAC, options, flags=0x8000 if broadcast else 0, giaddr=giaddr, ciaddr=ciaddr)
    said = Message(BOOTREPLY, 1, MAC, {53: bytes((answer,))}, yiaddr=NONE if answer is Type.NAK else OFFERED)
    assert route(request, said, Arrival("eth0", giaddr, 40123), Ports(), frames=frames) == expected


def test_an_offer_without_an_address_goes_to_everybody() -> None:
    request = Message(BOOTREQUEST, 1, MAC, {53: b"\x01"})
    said = Message(BOOTREPLY, 1, MAC, {53: b"\x02"})
    assert route(request, said, Arrival("eth0", NONE, 68), Ports(), frames=True).way is Way.BROADCAST


def test_other_ports_in_a_trial() -> None:
    request = Message(BOOTREQUEST, 1, MAC, {53: b"\x01"}, giaddr=RELAY)
    assert route(request, request, Arrival("eth0", RELAY, 1), Ports(6767), frames=False).port == 6767
    assert Ports(6767).client == 6768


@pytest.mark.parametrize("payload", [b"", b"odd", b"even"])
def test_both_checksums_of_a_frame_hold(payload: bytes) -> None:
    data = frame("02:00:00:00:00:01", MAC, (RELAY, 67), (CLIENT, 68), payload)
    assert data[:14] == bytes.fromhex("525400770001") + bytes.fromhex("020000000001") + b"\x08\x00"
    ip, udp = data[14:34], data[34:]
    assert checksum(ip) == 0
    assert struct.unpack("!HHH", udp[:6]) == (67, 68, 8 + len(payload))
    assert checksum(ip[12:20] + struct.pack("!BBH", 0, 17, len(udp)) + udp) == 0
    assert udp[8:] == payload
    assert struct.unpack("!H", ip[2:4])[0] == len(ip) + len(udp)


def test_a_checksum_of_the_rfc() -> None:
    """RFC 1071 section 3."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == ~0xDDF2 & 0xFFFF

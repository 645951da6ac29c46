"""Is there another DHCP server on this wire? Asked once before server mode serves, because two that lend addresses break a site.

Sends what any client sends and listens for answers through a packet socket. Refuses to know what follows from one.
"""

from __future__ import annotations

import secrets
import select
import socket
import struct
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address

from pxeserve.dhcp.options import Code
from pxeserve.dhcp.packet import BOOTREPLY, BOOTREQUEST, BROADCAST_FLAG, NONE, Message, Reject, Type, encode, parse
from pxeserve.dhcp.route import EVERYBODY, frame

SECONDS = 2.5
"""How long to listen. Servers that ping an address before they offer it take longer, so INFORM is asked too: it is answered at once."""

_SEND_AT = (0.0, 1.0)
_ETH_P_IP = 0x0800
_UDP = 17
_BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
_PORTS = (68, 67)


@dataclass(frozen=True, slots=True)
class OtherServer:
    """Somebody else who answers DHCP clients."""

    interface: str
    address: IPv4Address


def probe_other_servers(
    raw: socket.socket, interface: str, own: IPv4Address, ours: Collection[IPv4Address], seconds: float = SECONDS
) -> OtherServer | None:
    """The first other server that answers on `interface` within `seconds`, or None. `raw` is a packet socket, `own` the interface's
    address, `ours` the addresses by which this server may answer itself."""
    raw.bind((interface, _ETH_P_IP))
    mac = raw.getsockname()[4].hex(":")
    xid = secrets.randbits(32)
    begun = time.monotonic()
    due = list(_SEND_AT)
    while (elapsed := time.monotonic() - begun) < seconds:
        if due and elapsed >= due[0]:
            due.pop(0)
            with suppress(OSError):  # the interface is down: nobody is there to be asked
                for datagram in questions(mac, own, xid):
                    raw.send(datagram)
        wait = min(due[0] if due else seconds, seconds) - elapsed
        if not select.select([raw], [], [], max(wait, 0))[0]:
            continue
        found = None
        with suppress(OSError):  # it went down while we listened
            found = answer(raw.recv(65535), xid)
        if found is not None and found not in ours and found != own:
            return OtherServer(interface, found)
    return None


def questions(mac: str, own: IPv4Address, xid: int) -> tuple[bytes, bytes]:
    """Two frames to everybody: a DISCOVER, answered by whoever has a free address, and an INFORM, answered without one."""
    asked = bytes((Code.SUBNET_MASK, Code.ROUTER, Code.SERVER_ID))
    discover = Message(
        BOOTREQUEST, xid, mac, {Code.MESSAGE_TYPE: bytes((Type.DISCOVER,)), Code.PARAMETERS: asked}, flags=BROADCAST_FLAG
    )
    inform = Message(BOOTREQUEST, xid, mac, {Code.MESSAGE_TYPE: bytes((Type.INFORM,)), Code.PARAMETERS: asked}, ciaddr=own)
    client, server = _PORTS
    return (
        frame(mac, _BROADCAST_MAC, (NONE, client), (EVERYBODY, server), encode(discover)),
        frame(mac, _BROADCAST_MAC, (own, client), (EVERYBODY, server), encode(inform)),
    )


def answer(data: bytes, xid: int) -> IPv4Address | None:
    """Which server this Ethernet frame is an answer of, if it answers `xid` at all."""
    if len(data) < 42 or data[12:14] != struct.pack("!H", _ETH_P_IP) or data[14] >> 4 != 4 or data[23] != _UDP:
        return None
    udp = 14 + (data[14] & 15) * 4
    if len(data) < udp + 8 or int.from_bytes(data[udp + 2 : udp + 4]) != _PORTS[0]:
        return None
    message = parse(data[udp + 8 :], BOOTREPLY)
    if isinstance(message, Reject) or message.xid != xid or message.type not in (Type.OFFER, Type.ACK, Type.NAK):
        return None
    return message.address(Code.SERVER_ID) or IPv4Address(data[26:30])

"""Asks a network who answers DHCP there, as a machine that boots would, and listens. Never asks for an address: no REQUEST is ever sent.

The questions carry an invented MAC and say in their user class whose they are. Refuses to know what follows from an answer.
"""

from __future__ import annotations

import ctypes
import secrets
import select
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address

from pxeserve.dhcp.options import Code
from pxeserve.dhcp.packet import BOOTREPLY, BOOTREQUEST, BROADCAST_FLAG, NONE, Message, Reject, Type, encode, parse
from pxeserve.dhcp.route import EVERYBODY, frame

MARK = b"pxeserve-doctor"
"""Option 77 of every question: whoever reads the other server's log sees whose it is."""

MOST = 3
"""DISCOVERs of one examination."""

MOST_HEARD = 256
"""Answers that one examination takes in."""

_APART = 0.75
"""Seconds between two questions, so that there is time left for who thinks before he answers."""

_ETH_P_IP, _NOBODYS = 0x0800, 0x88B5
_EVERY_MAC = "ff:ff:ff:ff:ff:ff"
_OUTGOING = 4
_SO_ATTACH_FILTER = 26
_MACHINES = (
    (b"PXEClient:Arch:00000:UNDI:002001", 0),
    (b"PXEClient:Arch:00007:UNDI:003000", 7),
)
"""Vendor class and architecture that the questions take turns with: some servers answer one of them alone."""

_ASKED = bytes((1, 3, 6, 43, 54, 60, 66, 67))

_UDP_FROM_SERVERS = (
    (0x28, 0, 0, 12), (0x15, 0, 9, 0x0800),   # an IPv4 packet
    (0x30, 0, 0, 23), (0x15, 0, 7, 17),       # UDP
    (0x28, 0, 0, 20), (0x45, 5, 0, 0x1FFF),   # its first piece
    (0xB1, 0, 0, 14), (0x48, 0, 0, 14),       # its source port
    (0x15, 1, 0, 67), (0x15, 0, 1, 4011),
    (0x06, 0, 0, 4096), (0x06, 0, 0, 0),
)  # fmt: skip
"""Classic BPF (Linux, filter.txt): what servers say, and nothing else wakes us."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody who answers DHCP: by which address, server id (option 54) and MAC, and what it said. `lends`: it offered an address;
    `pxe`: it says that it is a boot server (option 60); `next_server` and `boot_file` are what it would have machines load."""

    interface: str
    address: IPv4Address
    server_id: IPv4Address
    mac: str
    lends: bool
    pxe: bool
    next_server: str
    boot_file: str
    asked: bool


def open_packets() -> socket.socket:
    """A packet socket that hears nothing yet. Raises PermissionError without the right to (CAP_NET_RAW)."""
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.setblocking(False)
    return sock


def invented_mac() -> str:
    """A locally administered address that nobody has."""
    return "02:" + secrets.token_bytes(5).hex(":")


def probe(sock: socket.socket, interface: str, mac: str, questions: int, seconds: float) -> list[Heard]:
    """Send `questions` DISCOVERs (3 at most) on `interface`, listen for `seconds`, and give all who answered anybody meanwhile.

    `sock` hears nothing afterwards. Raises OSError when the interface is down.
    """
    xid = secrets.randbits(32)
    _filter(sock)
    sock.bind((interface, _ETH_P_IP))
    try:
        return _asked(sock, interface, mac, min(questions, MOST), xid, seconds)
    finally:
        with suppress(OSError):
            sock.bind((interface, _NOBODYS))


def _asked(sock: socket.socket, interface: str, mac: str, questions: int, xid: int, seconds: float) -> list[Heard]:
    begun = time.monotonic()
    due = [number * min(_APART, seconds / (questions + 1)) for number in range(questions)]
    turn = secrets.randbelow(len(_MACHINES))
    found: dict[tuple[IPv4Address, str, bool, str], Heard] = {}
    heard = 0
    while (elapsed := time.monotonic() - begun) < seconds and heard < MOST_HEARD:
        if due and elapsed >= due[0]:
            due.pop(0)
            sock.send(question(mac, xid, turn))
            turn += 1
        wait = (due[0] if due else seconds) - elapsed
        if not select.select([sock], [], [], max(wait, 0.0))[0]:
            continue
        data, where = sock.recvfrom(4096)
        if where[2] == _OUTGOING:
            continue
        one = answer(data, interface, mac, xid)
        if one is not None:
            heard += 1
            found[one.server_id, one.mac, one.pxe, one.boot_file] = one
    return list(found.values())


def question(mac: str, xid: int, turn: int) -> bytes:
    """One DISCOVER as a frame to everybody, as firmware says it; the kinds of firmware take turns."""
    vendor, arch = _MACHINES[turn % len(_MACHINES)]
    options = {
        Code.MESSAGE_TYPE: bytes((Type.DISCOVER,)),
        Code.PARAMETERS: _ASKED,
        Code.MAX_SIZE: (1472).to_bytes(2),
        Code.VENDOR_CLASS: vendor,
        Code.USER_CLASS: MARK,
        Code.ARCH: arch.to_bytes(2),
        Code.UNDI: b"\1\2\1" if arch == 0 else b"\1\3\0",
        Code.UUID: b"\0" + bytes.fromhex(mac.replace(":", "")).rjust(16, b"\0"),
    }
    message = Message(BOOTREQUEST, xid, mac, options, flags=BROADCAST_FLAG)
    return frame(mac, _EVERY_MAC, (NONE, 68), (EVERYBODY, 67), encode(message))


def answer(data: bytes, interface: str, mac: str, xid: int) -> Heard | None:
    """Who says this Ethernet frame, when it is a server's answer to anybody. Never raises."""
    if len(data) < 42 or data[12:14] != b"\x08\x00" or data[14] >> 4 != 4 or data[23] != 17:
        return None
    udp = 14 + (data[14] & 15) * 4
    if len(data) < udp + 8 or int.from_bytes(data[udp : udp + 2]) not in (67, 4011):
        return None
    if int.from_bytes(data[udp + 2 : udp + 4]) not in (68, 4011):
        return None  # to a relay agent, not to a machine
    message = parse(data[udp + 8 :], BOOTREPLY)
    if isinstance(message, Reject) or message.type not in (Type.OFFER, Type.ACK, Type.NAK):
        return None
    source = IPv4Address(data[26:30])
    named = message.options.get(Code.BOOT_FILE, b"") or message.file
    server = message.options.get(Code.TFTP_SERVER, b"") or (str(message.siaddr).encode() if message.siaddr != NONE else b"")
    return Heard(
        interface=interface,
        address=source,
        server_id=message.address(Code.SERVER_ID) or source,
        mac=data[6:12].hex(":"),
        lends=message.yiaddr != NONE,
        pxe=message.options.get(Code.VENDOR_CLASS, b"").startswith((b"PXEClient", b"HTTPClient")),
        next_server=server.partition(b"\0")[0].decode(errors="replace"),
        boot_file=named.partition(b"\0")[0].decode(errors="replace"),
        asked=message.xid == xid and message.mac == mac,
    )


def _filter(sock: socket.socket) -> None:
    code = b"".join(struct.pack("HBBI", *one) for one in _UDP_FROM_SERVERS)
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HP", len(_UDP_FROM_SERVERS), ctypes.addressof(buffer))
    with suppress(OSError):  # everything is looked at then
        sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)

"""The DHCP message: bytes to a typed message or a reason to ignore them, and back.

`parse` never raises for any bytes. Refuses to know what a message leads to.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from ipaddress import IPv4Address

from pxeserve.dhcp.options import LENGTHS, BadOptionsError, Code, address, gather, number, pack, split

BOOTREQUEST, BOOTREPLY = 1, 2
BROADCAST_FLAG = 0x8000
MAGIC = b"\x63\x82\x53\x63"
NONE = IPv4Address(0)

LEAST = 300
"""Shortest message sent, in bytes: the size of a BOOTP message, below which some ROMs and relays drop it (RFC 951, RFC 1542 2.1)."""
DEFAULT_LIMIT = 576 - 28
"""Longest message for a client that names no size: its IP datagram of 576 bytes (RFC 2131 section 2) less IP and UDP headers."""
ETHERNET_LIMIT = 1500 - 28
"""Longest message sent to anybody: what fits an Ethernet frame unfragmented, since ROMs do not put fragments together."""

_HEADER = struct.Struct("!BBBBIHH4s4s4s4s6s10s64s128s4s")
_FIXED = _HEADER.size
_FILE, _SNAME = 1, 2


class Type(IntEnum):
    """Option 53."""

    DISCOVER = 1
    OFFER = 2
    REQUEST = 3
    DECLINE = 4
    ACK = 5
    NAK = 6
    RELEASE = 7
    INFORM = 8


@dataclass(frozen=True, slots=True)
class Reject:
    """A packet to be ignored, and why: a stable word that is counted."""

    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    """One DHCP message over Ethernet. `options` holds each option's whole value, in their order, without PAD, OVERLOAD and END;
    `sname` and `file` are without their trailing NULs, and empty where the fields carried options."""

    op: int
    xid: int
    mac: str
    options: Mapping[int, bytes]
    secs: int = 0
    flags: int = 0
    hops: int = 0
    ciaddr: IPv4Address = NONE
    yiaddr: IPv4Address = NONE
    siaddr: IPv4Address = NONE
    giaddr: IPv4Address = NONE
    sname: bytes = b""
    file: bytes = b""
    type: Type = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", Type(self.options[Code.MESSAGE_TYPE][0]))

    @property
    def broadcast(self) -> bool:
        """Whether the client asks to be answered by broadcast."""
        return bool(self.flags & BROADCAST_FLAG)

    def address(self, code: int) -> IPv4Address | None:
        """An option that holds one address."""
        return address(self.options.get(code))

    @property
    def limit(self) -> int:
        """The longest message that the sender takes, in bytes of UDP payload (option 57 counts the IP datagram)."""
        size = number(self.options.get(Code.MAX_SIZE))
        return DEFAULT_LIMIT if size is None else min(max(size - 28, DEFAULT_LIMIT), ETHERNET_LIMIT)


def parse(data: bytes, op: int = BOOTREQUEST) -> Message | Reject:
    """One datagram as a message of `op`, or the reason to ignore it. Never raises."""
    if len(data) < _FIXED:
        return Reject("too-short")
    (found_op, htype, hlen, hops, xid, secs, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr, _pad, sname, file, magic) = (
        _HEADER.unpack_from(data)
    )
    if found_op != op:
        return Reject("wrong-op")
    if htype != 1:
        return Reject("not-ethernet")
    if hlen != 6:
        return Reject("hardware-length")
    if chaddr[0] & 1 or chaddr == bytes(6):
        return Reject("not-a-station")
    if magic != MAGIC:
        return Reject("magic-cookie")
    try:
        options, sname, file = _options(data[_FIXED:], sname, file)
    except BadOptionsError as error:
        return Reject(error.reason)
    return Message(
        op=op,
        xid=xid,
        mac=chaddr.hex(":"),
        options=options,
        secs=secs,
        flags=flags,
        hops=hops,
        ciaddr=_address(ciaddr),
        yiaddr=_address(yiaddr),
        siaddr=_address(siaddr),
        giaddr=_address(giaddr),
        sname=sname,
        file=file,
    )


def encode(message: Message, limit: int = ETHERNET_LIMIT) -> bytes:
    """As one datagram of at most `limit` bytes and at least 300.

    The message type goes first and option 82 last (RFC 3046 section 2.1). What does not fit goes into `file` and `sname` where these
    are empty (option 52), and is left out when it fits nowhere: options are given in their order of importance.
    """
    head, middle, tail = _ordered(message.options)
    free = limit - _FIXED - len(head) - len(tail) - 1
    whole = b"".join(middle)
    overload, spare = 0, {_FILE: message.file, _SNAME: message.sname}
    if len(whole) > free:
        whole, overload = _overflow(middle, free - 3, spare)
        head += bytes((Code.OVERLOAD, 1, overload)) if overload else b""
    fixed = _HEADER.pack(
        message.op, 1, 6, message.hops, message.xid, message.secs, message.flags,
        message.ciaddr.packed, message.yiaddr.packed, message.siaddr.packed, message.giaddr.packed,
        bytes.fromhex(message.mac.replace(":", "")), b"", spare[_SNAME], spare[_FILE], MAGIC,
    )  # fmt: skip
    return (fixed + head + whole + tail + b"\xff").ljust(LEAST, b"\0")


def _options(area: bytes, sname: bytes, file: bytes) -> tuple[dict[int, bytes], bytes, bytes]:
    """All options, and the two fields as text unless they carried options (RFC 2131 section 4.1: first `file`, then `sname`)."""
    parts = split(area)
    overload = 0
    for code, value in parts:
        if code == Code.OVERLOAD:
            if len(value) != 1 or not 1 <= value[0] <= 3:
                raise BadOptionsError("overload")
            overload = value[0]
    if overload & _FILE:
        parts += split(file)
        file = b""
    if overload & _SNAME:
        parts += split(sname)
        sname = b""
    options = gather(part for part in parts if part[0] != Code.OVERLOAD)
    for code, length in LENGTHS.items():
        if code in options and len(options[code]) != length:
            raise BadOptionsError(f"option-{int(code)}-length")
    kind = options.get(Code.MESSAGE_TYPE)
    if kind is None:
        raise BadOptionsError("no-message-type")
    if not 1 <= kind[0] <= 8:
        raise BadOptionsError("message-type")
    return options, sname.partition(b"\0")[0], file.partition(b"\0")[0]


def _ordered(options: Mapping[int, bytes]) -> tuple[bytes, list[bytes], bytes]:
    head = pack(Code.MESSAGE_TYPE, options[Code.MESSAGE_TYPE])
    agent = options.get(Code.RELAY_AGENT)
    tail = b"" if agent is None else pack(Code.RELAY_AGENT, agent)
    middle = [pack(code, value) for code, value in options.items() if code not in (Code.MESSAGE_TYPE, Code.RELAY_AGENT)]
    return head, middle, tail


def _overflow(packed: list[bytes], free: int, spare: dict[int, bytes]) -> tuple[bytes, int]:
    """What lies in the options area and which fields (written into `spare`) took more."""
    fields = [(bit, size) for bit, size in ((_FILE, 128), (_SNAME, 64)) if not spare[bit]]
    area, more = b"", {bit: b"" for bit, _ in fields}
    for option in packed:
        if len(area) + len(option) <= free:
            area += option
            continue
        for bit, size in fields:
            if len(more[bit]) + len(option) < size:
                more[bit] += option
                break
    overload = 0
    for bit, content in more.items():
        if content:
            overload |= bit
            spare[bit] = content + b"\xff"
    return area, overload


def _address(packed: bytes) -> IPv4Address:
    return NONE if packed == b"\0\0\0\0" else IPv4Address(packed)

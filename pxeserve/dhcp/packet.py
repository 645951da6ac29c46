"""The DHCP message: bytes to a typed message or a reason to ignore them, and back.

`parse` never raises for any bytes. Refuses to know what a message leads to.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv4Address
from typing import NamedTuple

from pxeserve.dhcp.options import LENGTHS, BadOptionsError, Code, address, collect, number, pack

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
FIXED = _HEADER.size
"""Bytes before the first option."""
NOBODY = bytes(6)
"""The MAC of no station."""
_FILE, _SNAME = 1, 2
_LENGTHS = tuple(LENGTHS.items())
_PLACED = frozenset({Code.MESSAGE_TYPE, Code.RELAY_AGENT})
_VITAL = frozenset({Code.SERVER_ID, Code.LEASE_TIME, Code.SUBNET_MASK, Code.ROUTER, Code.VENDOR_CLASS, Code.VENDOR, Code.BOOT_FILE})


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


_TYPES = {bytes((kind,)): kind for kind in Type}


class Reject(NamedTuple):
    """A packet to be ignored, and why: a stable word that is counted."""

    reason: str


class Message(NamedTuple):
    """One DHCP message over Ethernet. `options` holds each option's whole value, in their order, without PAD, OVERLOAD and END, and always
    the message's type; `sname` and `file` are without their trailing NULs, and empty where the fields carried options."""

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

    @property
    def type(self) -> Type:
        """Option 53."""
        return _TYPES[self.options[Code.MESSAGE_TYPE]]

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


class Ready(dict[int, bytes]):
    """Options that many answers share, with the bytes that they are on the wire. Nobody changes them."""

    __slots__ = ("area",)

    def __init__(self, options: Mapping[int, bytes], area: bytes | None = None) -> None:
        super().__init__(options)
        self.area = _area(options) if area is None else area

    def plus(self, more: Mapping[int, bytes]) -> Ready:
        """These and `more` behind them; what is in both counts as `more` has it."""
        area = self.area
        for code, value in more.items():
            if code in self:
                return Ready({**self, **more})
            area += pack(code, value)
        found = Ready(self, area)
        found.update(more)
        return found


def parse(data: bytes, op: int = BOOTREQUEST) -> Message | Reject:
    """One datagram as a message of `op`, or the reason to ignore it. Never raises."""
    if len(data) < FIXED:
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
    if chaddr[0] & 1 or chaddr == NOBODY:
        return Reject("not-a-station")
    if magic != MAGIC:
        return Reject("magic-cookie")
    try:
        options, sname, file = _options(data[FIXED:], sname, file)
    except BadOptionsError as error:
        return Reject(error.reason)
    return Message(
        op, xid, chaddr.hex(":"), options, secs, flags, hops,
        _address(ciaddr), _address(yiaddr), _address(siaddr), _address(giaddr), sname, file,
    )  # fmt: skip


def encode(message: Message, limit: int = ETHERNET_LIMIT) -> bytes:
    """As one datagram of at most `limit` bytes and at least 300.

    The message type goes first and option 82 last (RFC 3046 section 2.1). What does not fit goes into `file` and `sname` where these
    are empty (option 52), and is left out when it fits nowhere: what a machine cannot boot without first, all else in its order.
    """
    options = message.options
    area = options.area if isinstance(options, Ready) else _area(options)
    sname, file = message.sname, message.file
    if len(area) > limit - FIXED - 1:
        area, sname, file = _overflow(message, limit - FIXED - 1)
    fixed = _HEADER.pack(
        message.op, 1, 6, message.hops, message.xid, message.secs, message.flags,
        message.ciaddr.packed, message.yiaddr.packed, message.siaddr.packed, message.giaddr.packed,
        bytes.fromhex(message.mac.replace(":", "")), b"", sname, file, MAGIC,
    )  # fmt: skip
    return (fixed + area + b"\xff").ljust(LEAST, b"\0")


def _options(area: bytes, sname: bytes, file: bytes) -> tuple[dict[int, bytes], bytes, bytes]:
    """All options, and the two fields as text unless they carried options (RFC 2131 section 4.1: first `file`, then `sname`)."""
    options = collect(area, {})
    overload = options.pop(Code.OVERLOAD, None)
    if overload is not None:
        if overload not in (b"\1", b"\2", b"\3"):
            raise BadOptionsError("overload")
        if overload[0] & _FILE:
            collect(file, options)
            file = b""
        if overload[0] & _SNAME:
            collect(sname, options)
            sname = b""
        options.pop(Code.OVERLOAD, None)
    get = options.get
    for code, length in _LENGTHS:
        value = get(code)
        if value is not None and len(value) != length:
            raise BadOptionsError(f"option-{code}-length")
    kind = get(Code.MESSAGE_TYPE)
    if kind is None:
        raise BadOptionsError("no-message-type")
    if kind not in _TYPES:
        raise BadOptionsError("message-type")
    return options, sname.partition(b"\0")[0], file.partition(b"\0")[0]


def _ordered(options: Mapping[int, bytes]) -> tuple[bytes, list[bytes], bytes]:
    head = pack(Code.MESSAGE_TYPE, options[Code.MESSAGE_TYPE])
    agent = options.get(Code.RELAY_AGENT)
    tail = b"" if agent is None else pack(Code.RELAY_AGENT, agent)
    middle = [pack(code, value) for code, value in options.items() if code not in _PLACED]
    return head, middle, tail


def _area(options: Mapping[int, bytes]) -> bytes:
    head, middle, tail = _ordered(options)
    return head + b"".join(middle) + tail


def _overflow(message: Message, room: int) -> tuple[bytes, bytes, bytes]:
    """What lies in the options area of `room` bytes, in `sname` and in `file` when not all options fit into the first. What a relay wants
    back is left out, whole, where a machine could not boot for it (RFC 3046 section 2.2)."""
    head, _, tail = _ordered(message.options)
    middle = sorted(((code, pack(code, value)) for code, value in message.options.items() if code not in _PLACED), key=_importance)
    room -= len(head) + 3  # option 52 itself
    placed = _placed(message, middle, room - len(tail))
    if tail and (len(tail) > room or not placed.whole):
        alone = _placed(message, middle, room)
        if len(tail) > room or alone.whole:
            tail, placed = b"", alone
    if placed.overload:
        head += bytes((Code.OVERLOAD, 1, placed.overload))
    return head + placed.area + tail, placed.sname, placed.file


class _Placed(NamedTuple):
    """Options where they found room; `whole`: everything that a machine cannot boot without did."""

    area: bytes
    sname: bytes
    file: bytes
    overload: int
    whole: bool


def _placed(message: Message, options: list[tuple[int, bytes]], room: int) -> _Placed:
    spare = {_FILE: message.file, _SNAME: message.sname}
    fields = [(bit, size) for bit, size in ((_FILE, 128), (_SNAME, 64)) if not spare[bit]]
    area, more, whole = b"", {bit: b"" for bit, _ in fields}, True
    for code, option in options:
        if len(area) + len(option) <= room:
            area += option
            continue
        for bit, size in fields:
            if len(more[bit]) + len(option) < size:
                more[bit] += option
                break
        else:
            whole = whole and code not in _VITAL
    overload = 0
    for bit, content in more.items():
        if content:
            overload |= bit
            spare[bit] = content + b"\xff"
    return _Placed(area, spare[_SNAME], spare[_FILE], overload, whole)


def _importance(option: tuple[int, bytes]) -> bool:
    """What a machine cannot boot without first, all else in its order."""
    return option[0] not in _VITAL


_address = lru_cache(maxsize=1024)(IPv4Address)
"""Most are 0.0.0.0, or the address of one of few relays."""

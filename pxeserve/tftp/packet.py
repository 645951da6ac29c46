"""TFTP packets as bytes and as values (RFC 1350 section 5, RFC 2347).

Refuses to know what a packet means for a transfer. `parse` takes whatever the wire brings: it returns a packet or raises
`Malformed` with a reason that can be counted, and nothing else.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from typing import NamedTuple

MAX_REQUEST = 512
"""Longest RRQ or WRQ, in bytes (RFC 2347: "the maximum size of a request packet is 512 octets"). It bounds names and options too."""

_WORD = struct.Struct("!H")
HEADER = struct.Struct("!HH")
"""Opcode, and block number or error code: the first four bytes of DATA, ACK and ERROR."""


class Opcode(IntEnum):
    """RFC 1350 section 5; OACK from RFC 2347."""

    RRQ = 1
    WRQ = 2
    DATA = 3
    ACK = 4
    ERROR = 5
    OACK = 6


class ErrorCode(IntEnum):
    """RFC 1350 appendix, RFC 2347."""

    UNDEFINED = 0
    NOT_FOUND = 1
    ACCESS_VIOLATION = 2
    DISK_FULL = 3
    ILLEGAL_OPERATION = 4
    UNKNOWN_TID = 5
    FILE_EXISTS = 6
    NO_SUCH_USER = 7
    OPTION_REFUSED = 8


class Mode(StrEnum):
    """RFC 1350's `mail` is obsolete and refused."""

    OCTET = "octet"
    NETASCII = "netascii"


class Address(NamedTuple):
    """One end: IPv4 address as text, UDP port (the transfer identifier of RFC 1350)."""

    host: str
    port: int


class Malformed(Exception):
    """The peer is wrong. `reason` is stable and for counters; `answerable` says whether RFC 1350 lets an ERROR 4 be the answer."""

    def __init__(self, reason: str, *, answerable: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.answerable = answerable


Options = tuple[tuple[str, str], ...]
"""Option names as their sender spelled them, with their values, in order."""


@dataclass(frozen=True, slots=True)
class Request:
    """RRQ or WRQ. `file` may hold surrogates where its bytes are no UTF-8."""

    opcode: Opcode
    file: str
    mode: Mode = Mode.OCTET
    options: Options = ()

    def encode(self) -> bytes:
        """As on the wire."""
        return _WORD.pack(self.opcode) + _strings(self.file, self.mode, *(text for pair in self.options for text in pair))


@dataclass(frozen=True, slots=True)
class Data:
    """DATA; `block` as on the wire, 0 to 65535."""

    block: int
    payload: bytes

    def encode(self) -> bytes:
        """As on the wire."""
        return HEADER.pack(Opcode.DATA, self.block) + self.payload


@dataclass(frozen=True, slots=True)
class Ack:
    """ACK; `block` as on the wire, 0 to 65535."""

    block: int

    def encode(self) -> bytes:
        """As on the wire."""
        return HEADER.pack(Opcode.ACK, self.block)


@dataclass(frozen=True, slots=True)
class Error:
    """ERROR; `code` is any 16-bit number, `ErrorCode` names the known ones."""

    code: int
    message: str

    def encode(self) -> bytes:
        """As on the wire."""
        return HEADER.pack(Opcode.ERROR, self.code) + _strings(self.message)


@dataclass(frozen=True, slots=True)
class OptionAck:
    """OACK (RFC 2347)."""

    options: Options

    def encode(self) -> bytes:
        """As on the wire."""
        return _oack(self.options)


Packet = Request | Data | Ack | Error | OptionAck


@lru_cache(maxsize=512)
def parse(data: bytes) -> Packet:
    """The packet in `data`. Raises Malformed, and never anything else. What was read lately is remembered: a rack's machines ask alike.

    An ACK may be longer than four bytes and an ERROR's text may lack its NUL, as some firmware sends them; a request must be exact.
    """
    if len(data) < 2:
        raise Malformed("short", answerable=False)
    match data[0] << 8 | data[1]:
        case Opcode.RRQ | Opcode.WRQ as opcode:
            return _request(Opcode(opcode), data)
        case Opcode.DATA:
            return Data(_number(data, "data-short"), data[4:])
        case Opcode.ACK:
            return Ack(_number(data, "ack-short"))
        case Opcode.ERROR:
            if len(data) < HEADER.size:
                raise Malformed("error-short", answerable=False)
            return Error(_number(data, "error-short"), _text(data[4:].partition(b"\0")[0]))
        case Opcode.OACK:
            return OptionAck(_options(_fields(data)))
    raise Malformed("opcode")


@lru_cache(maxsize=512)
def _oack(options: Options) -> bytes:
    return _WORD.pack(Opcode.OACK) + _strings(*(text for pair in options for text in pair))


def _request(opcode: Opcode, data: bytes) -> Request:
    if len(data) > MAX_REQUEST:
        raise Malformed("request-long")
    fields = _fields(data)
    if len(fields) < 2:
        raise Malformed("no-mode")
    if not fields[0]:
        raise Malformed("no-file-name")
    try:
        mode = Mode(fields[1].lower())
    except ValueError:
        raise Malformed("mode") from None
    return Request(opcode, fields[0], mode, _options(fields[2:]))


def _fields(data: bytes) -> list[str]:
    """What follows the opcode: strings, each ended by NUL, and nothing after the last."""
    if not data.endswith(b"\0") or len(data) < 3:
        raise Malformed("unterminated")
    return [_text(field) for field in data[2:-1].split(b"\0")]


def _options(fields: list[str]) -> Options:
    if len(fields) % 2:
        raise Malformed("option-without-value")
    options = tuple(zip(fields[::2], fields[1::2], strict=True))
    if any(not name for name, _ in options):
        raise Malformed("option-without-name")
    return options


def _number(data: bytes, reason: str) -> int:
    if len(data) < HEADER.size:
        raise Malformed(reason)
    return data[2] << 8 | data[3]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _strings(*texts: str) -> bytes:
    """Raises ValueError for a text with NUL in it: our caller is wrong."""
    encoded = [text.encode("utf-8", "surrogateescape") for text in texts]
    if any(b"\0" in field for field in encoded):
        raise ValueError("a TFTP string cannot hold NUL")
    return b"".join(field + b"\0" for field in encoded)

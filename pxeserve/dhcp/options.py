"""DHCP options: codes, the area they lie in, and what their bytes mean.

Bounds are checked here and nowhere else. Refuses to know messages, clients and policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address


class Code:
    """Options that this house reads or writes, by the numbers of RFC 2132 unless noted. Bare numbers: those of an enumeration cost a
    storm as much as reading its options does."""

    PAD = 0
    SUBNET_MASK = 1
    ROUTER = 3
    DNS = 6
    HOST_NAME = 12
    DOMAIN = 15
    BROADCAST = 28
    NTP = 42
    VENDOR = 43
    REQUESTED_ADDRESS = 50
    LEASE_TIME = 51
    OVERLOAD = 52
    MESSAGE_TYPE = 53
    SERVER_ID = 54
    PARAMETERS = 55
    TEXT = 56
    MAX_SIZE = 57
    RENEWAL_TIME = 58
    REBINDING_TIME = 59
    VENDOR_CLASS = 60
    CLIENT_ID = 61
    TFTP_SERVER = 66
    BOOT_FILE = 67
    USER_CLASS = 77     # RFC 3004
    RELAY_AGENT = 82    # RFC 3046
    ARCH = 93           # RFC 4578 section 2.1
    UNDI = 94           # RFC 4578 section 2.2
    UUID = 97           # RFC 4578 section 2.3
    IPXE = 175          # iPXE's own: encapsulated options, among them what it was built with
    END = 255


LENGTHS: Mapping[int, int] = {
    Code.REQUESTED_ADDRESS: 4,
    Code.LEASE_TIME: 4,
    Code.MESSAGE_TYPE: 1,
    Code.SERVER_ID: 4,
    Code.MAX_SIZE: 2,
}
"""Options on which the exchange itself depends: of another length they make the whole packet unusable."""

PXE_BYPASS = bytes([6, 1, 8, Code.END])
"""Option 43 of a PXE answer: PXE_DISCOVERY_CONTROL (6) with bit 3, "load the boot file named here, ask nobody else" (PXE 2.1, 2.4.5)."""


class BadOptionsError(ValueError):
    """The peer's options cannot be read; `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_PAD, _END = 0, 255


def collect(area: bytes, options: dict[int, bytes]) -> dict[int, bytes]:
    """Add the options of one area to `options`, which is given back: up to END or the area's last byte, the pieces of a long one put
    together in their order (RFC 3396 section 7). Raises BadOptionsError when one is cut short."""
    at, size = 0, len(area)
    while at < size:
        code = area[at]
        if code == _PAD:
            at += 1
            continue
        if code == _END:
            break
        if at + 2 > size or (end := at + 2 + area[at + 1]) > size:
            raise BadOptionsError("option-cut-short")
        value = area[at + 2 : end]
        options[code] = options[code] + value if code in options else value
        at = end
    return options


def pack(code: int, value: bytes) -> bytes:
    """One option as it goes out, in pieces of 255 bytes when it is longer (RFC 3396 section 5)."""
    if len(value) <= 255:
        return bytes((code, len(value))) + value
    return b"".join(pack(code, value[at : at + 255]) for at in range(0, len(value), 255))


def address(value: bytes | None) -> IPv4Address | None:
    """Four bytes as an address; None for anything else, and for 0.0.0.0, which many clients send for "none"."""
    if value is None or len(value) != 4 or value == b"\0\0\0\0":
        return None
    return IPv4Address(value)


def addresses(values: Iterable[IPv4Address]) -> bytes:
    """Addresses one after the other."""
    return b"".join(value.packed for value in values)


def number(value: bytes | None) -> int | None:
    """A big-endian number."""
    return int.from_bytes(value) if value else None


def architectures(value: bytes | None) -> tuple[int, ...]:
    """Option 93: one or more codes of 16 bits. An odd length is a firmware's mistake and means none."""
    if not value or len(value) % 2:
        return ()
    return tuple(int.from_bytes(value[at : at + 2]) for at in range(0, len(value), 2))


def system_uuid(value: bytes | None) -> str | None:
    """Option 97 of type 0 in the byte order of SMBIOS (first three fields little-endian), as `xxxxxxxx-xxxx-...`.

    Missing, misshapen, all zeros and all ones mean that the machine does not know its own.
    """
    if value is None or len(value) != 17 or value[0] != 0 or value[1:] in (bytes(16), b"\xff" * 16):
        return None
    return f"{value[4:0:-1].hex()}-{value[6:4:-1].hex()}-{value[8:6:-1].hex()}-{value[9:11].hex()}-{value[11:].hex()}"


def user_classes(value: bytes | None) -> tuple[bytes, ...]:
    """Option 77: as RFC 3004 has it (each with its length before it), or one bare word as iPXE sends it."""
    if not value:
        return ()
    classes: list[bytes] = []
    at = 0
    while at < len(value):
        size = value[at]
        if size == 0 or at + 1 + size > len(value):
            return (value,)
        classes.append(value[at + 1 : at + 1 + size])
        at += 1 + size
    return tuple(classes)


_IPXE_HTTP = 19


def ipxe_has_http(value: bytes | None) -> bool:
    """Whether this iPXE can fetch over HTTP, by the features in its option 175 (iPXE, include/ipxe/dhcp.h: DHCP_EB_FEATURE_HTTP). One
    that says nothing of itself is taken to be able to: hardly any build leaves it out."""
    if not value:
        return True
    try:
        return _IPXE_HTTP in collect(value, {})
    except BadOptionsError:
        return True


@dataclass(frozen=True, slots=True)
class RelayAgent:
    """What a relay added (option 82): its port's name (1), its own (2), the link it means (5, RFC 3527), and whether it wants
    the answer at the port it sent from (19, RFC 8357)."""

    circuit: bytes = b""
    link: IPv4Address | None = None
    own_port: bool = False
    remote: bytes = b""


_NO_RELAY_AGENT = RelayAgent()


def relay_agent(value: bytes | None) -> RelayAgent:
    """Option 82. Garbage in it is the relay's own and is echoed all the same; it just says nothing to us."""
    if not value:
        return _NO_RELAY_AGENT
    try:
        inner = _suboptions(value)
    except BadOptionsError:
        return _NO_RELAY_AGENT
    return RelayAgent(inner.get(1, b"")[:255], address(inner.get(5)), 19 in inner, inner.get(2, b"")[:255])


def _suboptions(value: bytes) -> dict[int, bytes]:
    """By code. Sub-options have neither PAD nor END (RFC 3046 section 2.0)."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(value):
        if at + 2 > len(value) or at + 2 + value[at + 1] > len(value):
            raise BadOptionsError("suboption-cut-short")
        code, end = value[at], at + 2 + value[at + 1]
        found[code] = found.get(code, b"") + value[at + 2 : end]
        at = end
    return found

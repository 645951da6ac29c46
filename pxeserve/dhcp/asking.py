"""Asks the DHCP servers of a network what they would tell each kind of machine, and compares it with what they should.

Sends DISCOVERs alone, so nobody is lent anything. Knows the wire by a packet socket; refuses to know configurations.
"""

from __future__ import annotations

import secrets
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from pxeserve.dhcp.options import Code
from pxeserve.dhcp.packet import BOOTREPLY, BOOTREQUEST, BROADCAST_FLAG, NONE, Message, Reject, Type, encode, parse
from pxeserve.dhcp.route import EVERYBODY, frame
from pxeserve.dhcp.snippets import LINES, SCRIPT, Line, Place

SECONDS = 5.0
"""How long to listen for offers: dnsmasq pings an address for 3 s before it offers it, ISC dhcpd for 1 s."""

_ETH_P_IP, _UDP = 0x0800, 17
_CLIENT, _SERVER = 68, 67
_EVERYBODYS_MAC = "ff:ff:ff:ff:ff:ff"
_ASKED = bytes((1, 3, 6, 12, 15, 43, 60, 66, 67, 97))


@dataclass(frozen=True, slots=True)
class Told:
    """One offer: who made it, and what it says of booting."""

    server: IPv4Address
    file: str
    next_server: IPv4Address
    vendor_class: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a kind of machine is told. `word` is right, wrong or silent; `says` and `should` are sentences."""

    name: str
    word: str
    says: str
    should: str


@dataclass(frozen=True, slots=True)
class Question:
    """A kind of machine: its options, and what it should be told."""

    name: str
    options: dict[int, bytes]
    file: str
    http: bool


def questions(place: Place) -> Iterator[Question]:
    """Each line of the table as firmware asks it, and iPXE on a BIOS and on UEFI."""
    for line in LINES:
        for code in line.architectures:
            yield Question(_named(line, code), _options(code, http=line.http), place.name(line), line.http)
    for name, code in (("ipxe-bios", 0), ("ipxe-uefi", 7)):
        yield Question(name, {**_options(code, http=False), Code.USER_CLASS: b"iPXE"}, f"{place.url}/{SCRIPT}", http=False)


def check(raw: socket.socket, interface: str, place: Place, seconds: float = SECONDS) -> Iterator[Verdict]:
    """A verdict for each kind of machine. `raw` is a packet socket; offers of pxeserve itself do not count."""
    raw.bind((interface, _ETH_P_IP))
    own: bytes = raw.getsockname()[4]
    for question in questions(place):
        told = list(offers(raw, own.hex(":"), question, seconds))
        others = [one for one in told if one.server != place.server]
        yield verdict(question, others, place)


def verdict(question: Question, told: list[Told], place: Place) -> Verdict:
    """What `told` comes to."""
    should = f"{question.file} from {place.server}" + (", with option 60 HTTPClient" if question.http else "")
    if not told:
        return Verdict(question.name, "silent", "no offer came", should)
    for one in told:
        elsewhere = not question.file.startswith("http://") and one.next_server != place.server
        wrong_class = question.http and one.vendor_class != "HTTPClient"
        if one.file != question.file or elsewhere or wrong_class:
            said = f"{one.server} says {one.file or 'no boot file'} from {one.next_server}"
            said += f", with option 60 {one.vendor_class or 'missing'}" if question.http else ""
            return Verdict(question.name, "wrong", said, should)
    return Verdict(question.name, "right", f"{told[0].server} says it", should)


def _named(line: Line, code: int) -> str:
    return line.name if len(line.architectures) == 1 else f"{line.name} ({code})"


def _options(code: int, *, http: bool) -> dict[int, bytes]:
    kind = "HTTPClient" if http else "PXEClient"
    return {
        Code.MESSAGE_TYPE: bytes((Type.DISCOVER,)),
        Code.MAX_SIZE: (1472).to_bytes(2),
        Code.PARAMETERS: _ASKED,
        Code.UUID: b"\0" + secrets.token_bytes(16),
        Code.UNDI: bytes((1, 3, 0)),
        Code.ARCH: code.to_bytes(2),
        Code.VENDOR_CLASS: f"{kind}:Arch:{code:05}:UNDI:003000".encode(),
    }


def offers(raw: socket.socket, own: str, question: Question, seconds: float, mac: str | None = None) -> Iterator[Told]:
    """The offers until all is silent for `seconds`; the first one ends the waiting a moment later. `own` is the card's address, `mac` who
    asks: a machine that nobody knows unless it is given."""
    xid = secrets.randbits(32)
    mac = mac or ":".join(["02", *(f"{byte:02x}" for byte in secrets.token_bytes(5))])
    asked = encode(Message(BOOTREQUEST, xid, mac, question.options, flags=BROADCAST_FLAG))
    raw.send(frame(own, _EVERYBODYS_MAC, (NONE, _CLIENT), (EVERYBODY, _SERVER), asked))
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0 and select.select([raw], [], [], left)[0]:
        told = _told(raw.recv(65535), xid)
        if told is not None:
            yield told
            deadline = min(deadline, time.monotonic() + 0.3)


def _told(data: bytes, xid: int) -> Told | None:
    if len(data) < 42 or data[12:14] != _ETH_P_IP.to_bytes(2) or data[23] != _UDP:
        return None
    udp = 14 + (data[14] & 15) * 4
    if int.from_bytes(data[udp + 2 : udp + 4]) != _CLIENT:
        return None
    message = parse(data[udp + 8 :], BOOTREPLY)
    if isinstance(message, Reject) or message.xid != xid or message.type is not Type.OFFER:
        return None
    file = message.options.get(Code.BOOT_FILE, b"").rstrip(b"\0") or message.file.rstrip(b"\0")
    server = message.address(Code.SERVER_ID) or IPv4Address(data[26:30])
    vendor = message.options.get(Code.VENDOR_CLASS, b"").rstrip(b"\0")
    return Told(server, file.decode("utf-8", "replace"), message.siaddr, vendor.decode("utf-8", "replace"))

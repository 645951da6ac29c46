"""Answers, built from small parts that each add what one standard asks for (RFC 2131 table 3 first of all).

Refuses to know policy: address, time and boot file are given to it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address
from typing import NamedTuple

from pxeserve.dhcp.classify import Asker
from pxeserve.dhcp.lending.subnets import Subnet
from pxeserve.dhcp.options import PXE_BYPASS, BadOptionsError, Code, addresses, collect
from pxeserve.dhcp.packet import BOOTREPLY, BROADCAST_FLAG, NONE, Message, Ready, Type
from pxeserve.dhcp.quirks.manner import Manner

_DEFAULTS = (Code.ROUTER, Code.DNS, Code.DOMAIN)
_OURS = frozenset({Code.MESSAGE_TYPE, Code.SERVER_ID, Code.LEASE_TIME, Code.OVERLOAD, Code.RELAY_AGENT, Code.CLIENT_ID})
_ECHOED = (Code.CLIENT_ID, Code.RELAY_AGENT)
_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_BOOT_ITEM = 71


class Terms(NamedTuple):
    """What a client is given besides its address. `seconds` is None where no address is lent (INFORM); `manner` is how its boot file is
    told."""

    subnet: Subnet
    seconds: int | None
    host: str | None
    boot_file: str | None
    manner: Manner


def lending(request: Message, asker: Asker, kind: Type, server: IPv4Address, address: IPv4Address, terms: Terms) -> Message:
    """An OFFER or ACK of a server that lends addresses. `siaddr` is always set: GRUB and udhcpc look there for their files."""
    options = _network(terms.subnet, kind, server, terms.seconds, terms.host, asker.asked)
    more = _boot(request, asker, server, terms.boot_file, terms.manner) if terms.boot_file else {}
    if terms.subnet.options:
        more |= {code: value for code, value in terms.subnet.options if code not in _OURS}
    ciaddr = request.ciaddr if kind is Type.ACK else NONE
    return _answer(request, options, more, ciaddr=ciaddr, yiaddr=address, siaddr=server, file=_field(terms.boot_file or ""))


def refusal(request: Message, server: IPv4Address, text: str) -> Message:
    """A NAK. Through a relay it has the broadcast bit, since the client's address is the wrong one (RFC 2131 section 4.3.2)."""
    options = Ready(
        {Code.MESSAGE_TYPE: bytes((Type.NAK,)), Code.SERVER_ID: server.packed, Code.TEXT: text.encode()[:255]}
    )
    flags = request.flags | BROADCAST_FLAG if request.giaddr != NONE else request.flags
    return _answer(request, options, {})._replace(flags=flags)


def proxied(request: Message, asker: Asker, kind: Type, server: IPv4Address, boot_file: str, manner: Manner) -> Message:
    """An OFFER or ACK beside another server: a boot file and no address (PXE 2.1 section 2.2.3, proxyDHCP). An OFFER in a split `manner`
    names no file, which is asked for on port 4011."""
    later = manner.split and kind is Type.OFFER
    more = _boot(request, asker, server, "" if later else boot_file, manner)
    if item := _boot_item(request):
        more[Code.VENDOR] = item
    ciaddr = request.ciaddr if kind is Type.ACK else NONE
    file = b"" if later else _field(boot_file)
    return _answer(request, _beside(kind, server), more, ciaddr=ciaddr, siaddr=server, file=file)


@lru_cache(maxsize=64)
def _beside(kind: Type, server: IPv4Address) -> Ready:
    return Ready({Code.MESSAGE_TYPE: bytes((kind,)), Code.SERVER_ID: server.packed})


def _field(boot_file: str) -> bytes:
    """Quirk `file-field`: the name as it fits into BOOTP's `file` (128 bytes with a NUL); a longer one is in option 67 alone."""
    name = boot_file.encode()
    return name if len(name) < 128 else b""


def _answer(
    request: Message,
    options: Ready,
    more: dict[int, bytes],
    *,
    ciaddr: IPv4Address = NONE,
    yiaddr: IPv4Address = NONE,
    siaddr: IPv4Address = NONE,
    file: bytes = b"",
) -> Message:
    """`options` and `more`, with what every answer repeats: xid, flags, giaddr, chaddr, the client identifier (RFC 6842) and, last,
    option 82 (RFC 3046)."""
    for code in _ECHOED:
        if code in request.options:
            more[code] = request.options[code]
    if more:
        options = options.plus(more)
    return Message(
        BOOTREPLY, request.xid, request.mac, options, 0, request.flags, 0, ciaddr, yiaddr, siaddr, request.giaddr, b"", file
    )


@lru_cache(maxsize=1024)
def _network(subnet: Subnet, kind: Type, server: IPv4Address, seconds: int | None, host: str | None, asked: bytes) -> Ready:
    """Who answers and for how long, and the subnet's own options: the mask always, the others when asked for, or the usual ones when
    the client names none. Remembered, as a site's machines ask alike."""
    options: dict[int, bytes] = {Code.MESSAGE_TYPE: bytes((kind,)), Code.SERVER_ID: server.packed}
    if seconds is not None:
        options[Code.LEASE_TIME] = seconds.to_bytes(4)
    name = host if host and _HOST_NAME.fullmatch(host) else ""
    known: dict[int, bytes] = {
        Code.ROUTER: subnet.router.packed if subnet.router else b"",
        Code.DNS: addresses(subnet.dns),
        Code.HOST_NAME: name.encode(),
        Code.DOMAIN: (subnet.domain or "").encode("ascii", "ignore"),
        Code.BROADCAST: subnet.network.broadcast_address.packed,
        Code.NTP: addresses(subnet.ntp),
        Code.RENEWAL_TIME: (seconds // 2).to_bytes(4) if seconds else b"",
        Code.REBINDING_TIME: (seconds * 7 // 8).to_bytes(4) if seconds else b"",
    }
    wanted = asked or _DEFAULTS
    options[Code.SUBNET_MASK] = subnet.network.netmask.packed
    options |= {code: value for code, value in known.items() if value and code in wanted}
    return Ready(options)


def _boot(request: Message, asker: Asker, server: IPv4Address, boot_file: str, manner: Manner) -> dict[int, bytes]:
    """What makes firmware load `boot_file` when it is told in this `manner`. Quirk `nul-67`: option 67 ends with a NUL, since some ROMs
    read on into what lies behind."""
    name = boot_file.encode()
    options: dict[int, bytes] = {}
    if manner.vendor_class:
        options[Code.VENDOR_CLASS] = manner.vendor_class
    if manner.bypass:
        options[Code.VENDOR] = PXE_BYPASS
    if name and (Code.BOOT_FILE in asker.asked or len(name) > 127):
        options[Code.BOOT_FILE] = name + b"\0"
    if name and Code.TFTP_SERVER in asker.asked:
        options[Code.TFTP_SERVER] = str(server).encode()
    if Code.UUID in request.options:
        options[Code.UUID] = request.options[Code.UUID]
    return options


def _boot_item(request: Message) -> bytes:
    """The menu entry that the client chose (PXE_BOOT_ITEM in option 43), to be repeated to it; empty when it chose none."""
    if Code.VENDOR not in request.options:
        return b""
    try:
        item = collect(request.options[Code.VENDOR], {}).get(_BOOT_ITEM, b"")
    except BadOptionsError:
        return b""
    return bytes((_BOOT_ITEM, len(item))) + item + b"\xff" if len(item) == 4 else b""

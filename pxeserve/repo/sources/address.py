"""From which addresses an image may be fetched: what an administrator may name from outside, and never what only this machine can reach.

An administrator who names a URL lends the server his voice; a name that leads to the server itself, or to a cloud's metadata, would have
it speak to what trusts it (threat T14). Mirrors in the local network have private addresses, and may be asked.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from pxeserve.repo.tree import SourceError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CARRY_IPV4 = tuple(ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96"))
"""Whose last 32 bits are an IPv4 address to some translator: RFC 6052, RFC 8215, RFC 2765, and the IPv4-compatible ones of RFC 4291."""

_METADATA = frozenset({ip_address("169.254.169.254"), ip_address("fd00:ec2::254"), ip_address("100.100.100.200")})


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be fetched: `allowed` are networks from which it may be though they are refused otherwise; at most `size` bytes, within
    `seconds`, over `redirects` hops."""

    allowed: tuple[Network, ...] = ()
    size: int = 64 << 30
    seconds: float = 6 * 3600
    redirects: int = 3


def resolved(host: str, port: int, allowed: Sequence[Network]) -> list[str]:
    """The addresses of `host` that may be asked, in the order in which to try them. Raises SourceError when there is none, and says why."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(f"{host}: its address cannot be found: {error}") from None
    refused: list[str] = []
    good: list[str] = []
    for _family, _kind, _proto, _name, where in found:
        text = str(where[0])
        reason = why_not(ip_address(text.partition("%")[0]), allowed)
        if reason:
            refused.append(f"{text} is {reason}")
        elif text not in good:
            good.append(text)
    if not good:
        raise SourceError(
            f"{host}: {', '.join(dict.fromkeys(refused)) or 'has no address'}; nothing is fetched from there",
            fix="name another server, or allow its network: [media] fetch_from",
        )
    return good


def why_not(address: Address, allowed: Sequence[Network]) -> str:
    """Why nothing is fetched from `address`; "" when it may be."""
    inner = _inner(address)
    if any(one in network for one in {address, inner} for network in allowed if network.version == one.version):
        return ""
    for one in (inner, address):
        if one.is_loopback:
            return "a loopback address"
        if one in _METADATA:
            return "where clouds keep what a machine may know of itself"
        if one.is_link_local:
            return "a link-local address"
        if one.is_unspecified or one.is_multicast or one in ip_network("0.0.0.0/8") or one in ip_network("240.0.0.0/4"):
            return "not the address of a server"
        if _is_own(one):
            return "this machine's own address"
    return ""


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, by whichever transition: the kernel may send there."""
    if isinstance(address, IPv4Address):
        return address
    if any(address in network for network in _CARRY_IPV4) and int(address) > 1:  # those two are :: and ::1 themselves
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)


def _is_own(address: Address) -> bool:
    """Whether it is one of this machine's: only then can a socket be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True

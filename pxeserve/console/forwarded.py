"""Where a request comes from, when proxies stand in between: only those of the configuration are believed (RFC 7239 section 8.1)."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def peer(address: str, forwarded: Iterable[str], trusted: tuple[Network, ...]) -> str:
    """Where a request comes from: `address` itself, or, as far as the proxies named in the configuration say so, the last address in
    `forwarded` (X-Forwarded-For, all its headers in their order) that is none of them."""
    chain = [part.strip() for header in forwarded for part in header.split(",")]
    found = address
    while chain and _is_in(found, trusted):
        further = chain.pop()
        if _parsed(further) is None:
            break
        found = further
    return found


def _is_in(address: str, networks: tuple[Network, ...]) -> bool:
    found = _parsed(address)
    return found is not None and any(found in network for network in networks)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None

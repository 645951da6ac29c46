"""Who is asking? A MAC in a file name proves nothing; this says what does: our own lease, the address a client was heard asking
another server for, or the kernel's neighbour table. Refuses to know what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from ipaddress import IPv4Address
from pathlib import Path

from pxeserve.store import Store, leases

_SIGHTING_LASTS = 3600.0
"""Seconds for which an address heard in a REQUEST to another server counts: the usual least lease."""

_NEIGHBOURS = Path("/proc/net/arp")
_COMPLETE = 0x2
"""ATF_COM (linux/if_arp.h): the entry was answered."""


class Evidence(StrEnum):
    """What is known of an address and a MAC together."""

    LEASE = "lease"
    REQUEST = "request"
    NEIGHBOUR = "neighbour"
    NONE = "none"
    FOREIGN = "foreign"  # the address is proven to be another machine's


PROVEN = frozenset({Evidence.LEASE, Evidence.REQUEST, Evidence.NEIGHBOUR})
"""What says that an address is a MAC's."""

Neighbours = Callable[[IPv4Address], str | None]


def neighbour(address: IPv4Address) -> str | None:
    """The MAC that the kernel's neighbour table gives for `address`, if it is complete."""
    try:
        lines = _NEIGHBOURS.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if len(fields) >= 4 and fields[0] == str(address) and int(fields[2], 16) & _COMPLETE:
            return fields[3].lower()
    return None


def evidence(store: Store, mac: str, address: IPv4Address, now: float, *, neighbours: Neighbours = neighbour) -> Evidence:
    """What says that `address` is `mac`'s at epoch second `now`. The strongest word counts: a lease of ours, then a REQUEST that
    was heard, then the neighbour table. On the loopback interface there are no neighbours."""
    with store.leases.read() as connection:
        lease = leases.by_address(connection, address)
        heard = leases.sighting(connection, address)
    if lease is not None and lease.state == "bound" and lease.expires > now:
        return Evidence.LEASE if lease.mac == mac else Evidence.FOREIGN
    if heard is not None and now - heard.at < _SIGHTING_LASTS:
        return Evidence.REQUEST if heard.mac == mac else Evidence.FOREIGN
    found = neighbours(address)
    if found is not None:
        return Evidence.NEIGHBOUR if found == mac else Evidence.FOREIGN
    return Evidence.NONE


def mac_at(store: Store, address: IPv4Address, now: float, *, neighbours: Neighbours = neighbour) -> str | None:
    """Whose `address` is, by the strongest word there is; for loaders that name nobody when they ask. It proves no less than `evidence`."""
    with store.leases.read() as connection:
        lease = leases.by_address(connection, address)
        heard = leases.sighting(connection, address)
    if lease is not None and lease.state == "bound" and lease.expires > now:
        return lease.mac
    if heard is not None and now - heard.at < _SIGHTING_LASTS:
        return heard.mac
    return neighbours(address)

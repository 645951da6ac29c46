"""The networks that addresses are lent in, and which of them a message is about. Refuses to know who holds what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from pxeserve.dhcp.options import RelayAgent
from pxeserve.dhcp.packet import NONE, Message
from pxeserve.dhcp.route import Arrival


@dataclass(frozen=True, slots=True)
class Subnet:
    """One network. `ranges` are first and last address, inclusive; `lease` is seconds; `excluded` are addresses in it that belong to
    the server or are named as router or name server; `options` are further ones by number, as bytes."""

    network: IPv4Network
    ranges: tuple[tuple[IPv4Address, IPv4Address], ...] = ()
    lease: int = 3600
    router: IPv4Address | None = None
    dns: tuple[IPv4Address, ...] = ()
    domain: str | None = None
    ntp: tuple[IPv4Address, ...] = ()
    options: tuple[tuple[int, bytes], ...] = ()
    excluded: frozenset[IPv4Address] = frozenset()

    def lends(self, address: IPv4Address) -> bool:
        """Whether `address` lies in one of the ranges and may be lent from it."""
        return address not in self.excluded and any(first <= address <= last for first, last in self.ranges)

    def may_reserve(self, address: IPv4Address) -> bool:
        """Whether a host here may have `address` for its own."""
        ends = (self.network.network_address, self.network.broadcast_address)
        return address in self.network and address not in self.excluded and address not in ends


@dataclass(frozen=True, slots=True)
class Networks:
    """All subnets, and the network of each interface that is served."""

    subnets: tuple[Subnet, ...]
    interfaces: dict[str, IPv4Interface]

    def of(self, message: Message, agent: RelayAgent, arrival: Arrival) -> Subnet | None:
        """The subnet that `message` is about.

        A relay tells by its link selection (RFC 3527) or its own address. A client that already talks with its address (it
        renews, or informs) may be routed here from far away: its address tells. All else is on the interface's own wire.
        """
        if message.giaddr != NONE:
            return _holding(self.subnets, agent.link or message.giaddr)
        if message.ciaddr != NONE and not arrival.was_broadcast:
            return _holding(self.subnets, message.ciaddr)
        own = self.interfaces.get(arrival.interface)
        return None if own is None else _holding(self.subnets, own.ip)

    def server_addresses(self) -> Iterable[IPv4Address]:
        """Addresses of the server's own interfaces."""
        return (interface.ip for interface in self.interfaces.values())


def _holding(subnets: Sequence[Subnet], address: IPv4Address) -> Subnet | None:
    return next((subnet for subnet in subnets if address in subnet.network), None)

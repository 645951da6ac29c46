"""The networks that addresses are lent in, and which of them a message is about. Refuses to know who holds what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from pxeserve.dhcp.options import RelayAgent
from pxeserve.dhcp.packet import NONE, Message
from pxeserve.dhcp.route import Arrival


@dataclass(frozen=True, slots=True, eq=False)
class Subnet:
    """One network, the same as itself and no other. `ranges` are first and last address, inclusive; `lease` is seconds; `excluded` are
    addresses in it that belong to the server or are named as router or name server; `options` are further ones by number, as bytes."""

    network: IPv4Network
    ranges: tuple[tuple[IPv4Address, IPv4Address], ...] = ()
    lease: int = 3600
    router: IPv4Address | None = None
    dns: tuple[IPv4Address, ...] = ()
    domain: str | None = None
    ntp: tuple[IPv4Address, ...] = ()
    options: tuple[tuple[int, bytes], ...] = ()
    excluded: frozenset[IPv4Address] = frozenset()
    low: int = field(init=False)
    high: int = field(init=False)
    spans: tuple[tuple[int, int], ...] = field(init=False)
    kept: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        """The same as numbers, since every packet asks: the network's first and last address, `ranges`, and `excluded`."""
        object.__setattr__(self, "low", int(self.network.network_address))
        object.__setattr__(self, "high", int(self.network.broadcast_address))
        object.__setattr__(self, "spans", tuple((int(first), int(last)) for first, last in self.ranges))
        object.__setattr__(self, "kept", frozenset(map(int, self.excluded)))

    def holds(self, number: int) -> bool:
        """Whether the address with this number is of this network."""
        return self.low <= number <= self.high

    def lends(self, number: int) -> bool:
        """Whether it lies in one of the ranges and may be lent from it."""
        if number in self.kept:
            return False
        for first, last in self.spans:  # noqa: SIM110 - asked for each packet, and a generator costs twice as much
            if first <= number <= last:
                return True
        return False

    def may_reserve(self, number: int) -> bool:
        """Whether a host here may have it for its own."""
        return self.low < number < self.high and number not in self.kept


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


def _holding(subnets: Sequence[Subnet], address: IPv4Address) -> Subnet | None:
    number = int(address)
    for subnet in subnets:
        if subnet.holds(number):
            return subnet
    return None

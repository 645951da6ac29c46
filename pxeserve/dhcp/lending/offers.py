"""Addresses that have been offered and not yet asked for. In memory only: an offer lost is asked for again."""

from __future__ import annotations

from typing import NamedTuple

from pxeserve.dhcp.lending.subnets import Subnet


class Holder(NamedTuple):
    """A client as the table tells it from others: MAC and client identifier together, so that clones that share an identifier
    never share an address. `hostname` and `relay` are for the record and make no difference."""

    mac: str
    client_id: str = ""
    hostname: str = ""
    relay: str = ""

    def same(self, other: Holder) -> bool:
        """Whether both are one client."""
        return self.mac == other.mac and self.client_id == other.client_id


class Offer(NamedTuple):
    """One address (a number) promised to `holder` until epoch second `until`."""

    subnet: Subnet
    number: int
    holder: Holder
    until: float


class Offers:
    """All offers, by address and by client; a client has at most one a network."""

    def __init__(self) -> None:
        self._by_number: dict[int, Offer] = {}
        self._by_holder: dict[tuple[Subnet, str, str], Offer] = {}

    def at(self, number: int) -> Offer | None:
        """The offer of this address."""
        return self._by_number.get(number)

    def of(self, subnet: Subnet, holder: Holder) -> Offer | None:
        """The offer to this client."""
        return self._by_holder.get((subnet, holder.mac, holder.client_id))

    def put(self, offer: Offer) -> None:
        """Promise it, instead of whatever was promised of that address."""
        old = self._by_number.get(offer.number)
        if old is not None:
            self.drop(old)
        self._by_number[offer.number] = offer
        self._by_holder[offer.subnet, offer.holder.mac, offer.holder.client_id] = offer

    def drop(self, offer: Offer) -> None:
        """Forget it."""
        self._by_number.pop(offer.number, None)
        self._by_holder.pop((offer.subnet, offer.holder.mac, offer.holder.client_id), None)

    def all(self) -> list[Offer]:
        """Every one."""
        return list(self._by_number.values())

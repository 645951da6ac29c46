"""The free addresses of one subnet, and how many of them strangers may hold. Refuses to know leases and clients."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pxeserve.dhcp.lending.subnets import Subnet

KEPT_LEAST = 8
"""At most this many addresses are always kept for hosts of the inventory, or a tenth of a small pool."""


class Pool:
    """What may be lent in `subnet`, in the order: never lent, then longest free. Addresses are numbers here.

    Reserved addresses are nobody's pool. `used` and `strangers` count those that are on offer, lent or in quarantine.
    """

    def __init__(self, subnet: Subnet) -> None:
        self.subnet = subnet
        self.strangers = 0
        self._busy: dict[int, bool] = {}
        self._returned: dict[int, None] = {}
        self.know((), 0)

    @property
    def used(self) -> int:
        """Addresses held by anybody."""
        return len(self._busy)

    @property
    def crowded(self) -> bool:
        """Whether strangers hold half of what they may: from here on new ones are let in slowly."""
        return 2 * self.strangers >= self.for_strangers

    def know(self, reserved: Collection[int], hosts: int) -> None:
        """Learn which addresses are reserved, and how many known hosts have no reservation.

        Of the rest, `for_strangers` is how many machines that are in no inventory may hold together (threat T22). What is kept for
        hosts is one for each that has no reservation, up to half the pool, and never less than a small part.
        """
        self._reserved = reserved
        self._fresh = self._all()
        self.size = self._count()
        self.for_strangers = self.size - max(min(KEPT_LEAST, self.size // 10), min(hosts, self.size // 2))

    def take(self, address: int, *, stranger: bool) -> None:
        """`address` is held from now on."""
        self._drop(address)
        if address not in self._reserved and self.subnet.lends(address):
            self._busy[address] = stranger
            self.strangers += stranger

    def give_back(self, address: int) -> None:
        """`address` is free again, and will be the last to be lent anew."""
        self._drop(address)
        if self.subnet.lends(address):
            self._returned[address] = None

    def is_busy(self, address: int) -> bool:
        """Whether anybody holds it."""
        return address in self._busy

    def free(self) -> int | None:
        """The address to lend next, or None when there is none."""
        for address in self._fresh:
            if address not in self._busy and address not in self._returned and address not in self._reserved:
                self._returned[address] = None
                return address
        return next((address for address in self._returned if address not in self._reserved), None)

    def _drop(self, address: int) -> None:
        self.strangers -= self._busy.pop(address, False)
        self._returned.pop(address, None)

    def _all(self) -> Iterator[int]:
        kept = self.subnet.kept
        return (address for first, last in self.subnet.spans for address in range(first, last + 1) if address not in kept)

    def _count(self) -> int:
        lost = self.subnet.kept | set(self._reserved)
        return sum(last - first + 1 - sum(first <= address <= last for address in lost) for first, last in self.subnet.spans)

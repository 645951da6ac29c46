"""Who holds which address: the whole table in memory, and the policy by which it changes.

Pure: the clock is an argument and the disk is somebody else's. What changed since the last `settle` is in `changes`, and
`rollback` takes it back when it could not be stored. An offer is in memory only: nothing is a lease before its REQUEST.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address

from pxeserve.dhcp.lending.calendar import Calendar
from pxeserve.dhcp.lending.lease import Changes, Claim, Denial, Known, Lease, State
from pxeserve.dhcp.lending.offers import Holder, Offer, Offers
from pxeserve.dhcp.lending.pool import Pool
from pxeserve.dhcp.lending.subnets import Subnet

OFFER_SECONDS = 10.0
QUARANTINE_SECONDS = 600.0
FORGET_SECONDS = 7 * 86400.0
"""How long an ended lease is remembered, so that a machine that comes back finds its old address."""


class Leases:
    """The table. None of its methods raises for anything that a client can cause."""

    def __init__(self, subnets: Iterable[Subnet]) -> None:
        self._pools = {subnet: Pool(subnet) for subnet in subnets}
        self._known = Known()
        self._reserved: dict[str, int] = {}
        self._owners: dict[int, frozenset[str]] = {}
        self._held: dict[int, Lease] = {}
        self._offers = Offers()
        self._latest: dict[tuple[Subnet, str, str], int] = {}
        self._ends, self._lapses = Calendar(), Calendar()
        self._undo: list[tuple[int, Lease | None]] = []

    def load(self, leases: Iterable[Lease], now: float) -> None:
        """Take up what was stored. Leases outside all subnets are kept: the subnet may come back."""
        for lease in sorted(leases, key=lambda one: one.starts):
            self._place(int(lease.address), lease, now)

    def know(self, known: Known, now: float) -> None:
        """Take up a new inventory."""
        self._known = known
        self._reserved = {mac: int(address) for mac, address in known.reserved.items()}
        owners: dict[int, set[str]] = {}
        for mac, number in self._reserved.items():
            owners.setdefault(number, set()).add(mac)
        self._owners = {address: frozenset(macs) for address, macs in owners.items()}
        floating = len(known.names.keys() - known.reserved.keys())
        for pool in self._pools.values():
            pool.know(self._owners.keys(), floating)
        self._account_all(now)

    def pool(self, subnet: Subnet) -> Pool:
        """The free addresses of `subnet`."""
        return self._pools[subnet]

    def host_of(self, mac: str) -> str | None:
        """The name of the host that has this MAC; None for a stranger."""
        return self._known.names.get(mac)

    def held_by(self, holder: Holder, address: IPv4Address, now: float) -> Lease | None:
        """The lease of `address` if `holder` has it."""
        lease = self._held.get(int(address))
        return lease if lease and lease.state is State.BOUND and lease.active(now) and lease.is_of(holder) else None

    def current(self, subnet: Subnet, holder: Holder, now: float) -> IPv4Address | None:
        """The address that `holder` has here, lent or on offer."""
        self.expire(now)
        for number in (self._latest.get((subnet, holder.mac, holder.client_id)), self._offered(subnet, holder)):
            if number is not None and self._mine(number, holder, now):
                return IPv4Address(number)
        return None

    def offer(self, subnet: Subnet, holder: Holder, wanted: IPv4Address | None, now: float) -> IPv4Address | Denial:
        """Choose an address and keep it for 10 s: the reservation, the client's old address, the one it asks for, or a free one."""
        self.expire(now)
        for number in self._candidates(subnet, holder, wanted):
            if self._denial(subnet, holder, number, now) is None:
                return self._promise(subnet, number, holder, now)
        pool = self.pool(subnet)
        if self._no_room(pool, holder):
            return Denial.KEPT if pool.used < pool.size else Denial.EXHAUSTED
        free = pool.free()
        return Denial.EXHAUSTED if free is None else self._promise(subnet, free, holder, now)

    def judge(self, subnet: Subnet, holder: Holder, address: IPv4Address, claim: Claim, now: float) -> Denial | None:
        """Whether `holder` may have `address` on these grounds; None when it may."""
        self.expire(now)
        number = int(address)
        if claim is Claim.SELECTING and self._promised(subnet, number, holder):
            return None
        denial = self._denial(subnet, holder, number, now)
        if denial is not None or self._mine(number, holder, now):
            return denial or self._moves(holder, subnet, number, claim, now)
        lease = self._held.get(number)
        remembered = lease is not None and lease.is_of(holder) and lease.state is State.BOUND
        reserved = self._reserved.get(holder.mac) == number
        if claim is Claim.SELECTING or remembered or reserved:
            return self._moves(holder, subnet, number, claim, now)
        return Denial.NO_LEASE

    def bind(self, subnet: Subnet, holder: Holder, address: IPv4Address, now: float) -> Lease:
        """Lend `address`, which `judge` has allowed. Another address that the same client had here is free again."""
        before = self._latest.get((subnet, holder.mac, holder.client_id))
        if before is not None and before != int(address) and self._held[before].state is State.BOUND:
            left = self._held[before]
            self._change(before, left._replace(state=State.RELEASED, expires=min(now, left.expires)), now)
        old = self.held_by(holder, address, now)
        starts = old.starts if old else now
        relay = holder.relay or (old.relay if old else "")
        lease = Lease(address, holder.mac, holder.client_id, State.BOUND, starts, now + subnet.lease, holder.hostname, relay)
        offer = self._offers.of(subnet, holder)
        if offer is not None:
            self._offers.drop(offer)
            if offer.number != int(address):
                self._account(offer.number, now)
        self._change(int(address), lease, now)
        return lease

    def withdraw(self, subnet: Subnet, holder: Holder, now: float) -> None:
        """Forget what is on offer to `holder`: it took it, or somebody else's."""
        offer = self._offers.of(subnet, holder)
        if offer is not None:
            self._offers.drop(offer)
            self._account(offer.number, now)

    def release(self, lease: Lease, now: float) -> None:
        """The holder gives it back; it will find it again if nobody else needs it."""
        self._change(int(lease.address), lease._replace(state=State.RELEASED, expires=now), now)

    def decline(self, lease: Lease, now: float) -> None:
        """The holder found somebody else using it: nobody gets it for ten minutes."""
        self._change(int(lease.address), lease._replace(state=State.DECLINED, expires=now + QUARANTINE_SECONDS), now)

    def expire(self, now: float) -> None:
        """Free what has run out. Cheap; every question asks it first."""
        if not self._lapses.is_due(now) and not self._ends.is_due(now):
            return
        for number in self._lapses.due(now):
            offer = self._offers.at(number)
            if offer is not None and offer.until <= now:
                self._offers.drop(offer)
            self._account(number, now)
        for number in self._ends.due(now):
            self._account(number, now)

    def prune(self, now: float) -> None:
        """Forget leases that ended long ago."""
        for number in [number for number, lease in self._held.items() if not lease.active(now) and lease.expires + FORGET_SECONDS < now]:
            self._change(number, None, now)

    def shift(self, by: float, now: float) -> None:
        """The wall clock was set by `by` seconds: every lease keeps the time that it had left."""
        for number, lease in list(self._held.items()):
            self._change(number, lease._replace(starts=lease.starts + by, expires=lease.expires + by), now)
        for offer in self._offers.all():
            self._offers.put(offer._replace(until=offer.until + by))
        self._ends, self._lapses = Calendar(), Calendar()
        self._account_all(now)

    def changes(self) -> Changes:
        """What has changed since the last `settle` or `rollback`."""
        numbers = dict.fromkeys(number for number, _ in self._undo)
        put = tuple(self._held[number] for number in numbers if number in self._held)
        return Changes(put, tuple(IPv4Address(number) for number in numbers if number not in self._held))

    def settle(self) -> None:
        """The changes are on the disk."""
        self._undo.clear()

    def rollback(self, now: float) -> None:
        """The changes could not be stored: be as the disk is. Offers stand, they were never to be stored."""
        for number, lease in reversed(self._undo):
            self._place(number, lease, now)
        self._undo.clear()

    def _candidates(self, subnet: Subnet, holder: Holder, wanted: IPv4Address | None) -> Iterator[int]:
        latest = self._latest.get((subnet, holder.mac, holder.client_id))
        for number in (self._reserved.get(holder.mac), latest, self._offered(subnet, holder), wanted and int(wanted)):
            if number:
                yield number

    def _promise(self, subnet: Subnet, number: int, holder: Holder, now: float) -> IPv4Address:
        self.withdraw(subnet, holder, now)
        self._offers.put(Offer(subnet, number, holder, now + OFFER_SECONDS))
        self._account(number, now)
        return IPv4Address(number)

    def _denial(self, subnet: Subnet, holder: Holder, number: int, now: float) -> Denial | None:
        """Why `holder` can never have this address as things stand, on whatever grounds."""
        if not subnet.holds(number):
            return Denial.WRONG_NETWORK
        owners = self._owners.get(number)
        if owners is not None and holder.mac not in owners:
            return Denial.RESERVED
        if not (subnet.may_reserve(number) if owners else subnet.lends(number)):
            return Denial.NOT_LENDABLE
        if self._taken(number, holder, now):
            return Denial.HELD
        pool = self.pool(subnet)
        return Denial.KEPT if not pool.is_busy(number) and owners is None and self._no_room(pool, holder) else None

    def _taken(self, number: int, holder: Holder, now: float) -> bool:
        """Whether somebody else holds it. A reserved address goes with the MAC: firmware and installer are one machine."""
        lease, offer = self._held.get(number), self._offers.at(number)
        reserved = number in self._owners
        if lease is not None and lease.active(now):
            return lease.state is State.DECLINED or not (lease.is_of(holder) or (reserved and lease.mac == holder.mac))
        if offer is not None and offer.until > now:
            return not (offer.holder.same(holder) or (reserved and offer.holder.mac == holder.mac))
        return False

    def _mine(self, number: int, holder: Holder, now: float) -> bool:
        lease, offer = self._held.get(number), self._offers.at(number)
        lent = lease is not None and lease.state is State.BOUND and lease.active(now) and lease.is_of(holder)
        return lent or (offer is not None and offer.until > now and offer.holder.same(holder))

    def _moves(self, holder: Holder, subnet: Subnet, number: int, claim: Claim, now: float) -> Denial | None:
        """A host that starts up on another address than its reserved one is sent to that. One that runs keeps what it has."""
        reserved = self._reserved.get(holder.mac)
        if claim is not Claim.INIT_REBOOT or reserved is None or reserved == number:
            return None
        return None if self._denial(subnet, holder, reserved, now) else Denial.RESERVATION_WAITS

    def _promised(self, subnet: Subnet, number: int, holder: Holder) -> bool:
        """Whether it is on offer to `holder`, which was asked everything then, and has not been reserved for anybody since."""
        offer = self._offers.at(number)
        return offer is not None and offer.subnet is subnet and offer.holder.same(holder) and number not in self._owners

    def _no_room(self, pool: Pool, holder: Holder) -> bool:
        return holder.mac not in self._known.names and pool.strangers >= pool.for_strangers

    def _offered(self, subnet: Subnet, holder: Holder) -> int | None:
        offer = self._offers.of(subnet, holder)
        return offer.number if offer else None

    def _change(self, number: int, lease: Lease | None, now: float) -> None:
        self._undo.append((number, self._held.get(number)))
        self._place(number, lease, now)

    def _place(self, number: int, lease: Lease | None, now: float) -> None:
        subnet = self._subnet(number)
        old = self._held.pop(number, None)
        if old is not None and subnet is not None:
            key = (subnet, old.mac, old.client_id)
            if self._latest.get(key) == number:
                del self._latest[key]
        if lease is not None:
            self._held[number] = lease
            if subnet is not None and lease.state is not State.DECLINED:
                self._latest[subnet, lease.mac, lease.client_id] = number
        self._account(number, now)

    def _account_all(self, now: float) -> None:
        for number in {*self._held, *(offer.number for offer in self._offers.all())}:
            self._account(number, now)

    def _account(self, number: int, now: float) -> None:
        """Bring the pool's books and the calendars up to what is held and on offer."""
        lease, offer = self._held.get(number), self._offers.at(number)
        mac = None
        if lease is not None and lease.active(now):
            mac = lease.mac
            self._ends.note(number, lease.expires)
        if offer is not None:
            mac = offer.holder.mac
            self._lapses.note(number, offer.until)
        subnet = self._subnet(number)
        if subnet is not None and mac is not None:
            self._pools[subnet].take(number, stranger=mac not in self._known.names)
        elif subnet is not None:
            self._pools[subnet].give_back(number)

    def _subnet(self, number: int) -> Subnet | None:
        for subnet in self._pools:
            if subnet.low <= number <= subnet.high:
                return subnet
        return None


"""The table itself: what is remembered, taken back, and carried over a clock that was set."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pxeserve.dhcp.lending.lease import Claim, Denial, Known, Lease, State
from pxeserve.dhcp.lending.leases import FORGET_SECONDS, Leases
from pxeserve.dhcp.lending.offers import Holder
from pxeserve.dhcp.lending.subnets import IPv4Network, Subnet

FIRST = IPv4Address("10.77.0.100")
SUBNET = Subnet(IPv4Network("10.77.0.0/24"), ((IPv4Address("10.77.0.100"), IPv4Address("10.77.0.104")),), lease=60)


def test_what_could_not_be_stored_is_taken_back(world: Any, machine: Callable[..., Any]) -> None:
    kept, lost = machine(1), machine(2)
    world.dora(kept)
    world.leases.settle()
    before = world.leases.held_by(Holder(kept.mac), FIRST, world.now)
    world.now += 100
    world.dora(kept)
    world.dora(lost)
    assert world.leases.held_by(Holder(kept.mac), FIRST, world.now) != before
    world.leases.rollback(world.now)
    assert world.leases.held_by(Holder(kept.mac), FIRST, world.now) == before
    assert world.leases.held_by(Holder(lost.mac), lost.address, world.now) is None
    assert world.leases.pool(world.subnet).used == 1
    assert not world.leases.changes()


def test_an_offer_is_void_when_its_address_has_been_reserved_for_another_since() -> None:
    leases = Leases([SUBNET])
    stranger, host = Holder("52:54:00:00:00:01"), "52:54:00:00:00:02"
    assert leases.offer(SUBNET, stranger, None, 0.0) == FIRST
    assert leases.judge(SUBNET, stranger, FIRST, Claim.SELECTING, 1.0) is None
    leases.know(Known({host: "xen01"}, {host: FIRST}), 2.0)
    assert leases.judge(SUBNET, stranger, FIRST, Claim.SELECTING, 3.0) is Denial.RESERVED


def test_who_takes_another_address_than_the_offered_one_leaves_that_free() -> None:
    leases = Leases([SUBNET])
    one, another = Holder("52:54:00:00:00:01"), IPv4Address("10.77.0.103")
    assert leases.offer(SUBNET, one, None, 0.0) == FIRST
    assert leases.judge(SUBNET, one, another, Claim.SELECTING, 1.0) is None
    leases.bind(SUBNET, one, another, 1.0)
    assert leases.pool(SUBNET).used == 1
    assert not leases.pool(SUBNET).is_busy(int(FIRST))


def test_leases_are_there_again_after_a_restart(worlds: Callable[..., Any], machine: Callable[..., Any]) -> None:
    old = worlds()
    old.dora(machine(1))
    old.dora(machine(2))
    new = worlds()
    new.leases.load(old.leases.changes().put, new.now)
    assert new.dora(machine(3)).yiaddr == IPv4Address("10.77.0.102")
    assert new.dora(machine(2)).yiaddr == IPv4Address("10.77.0.101")


def test_ended_leases_read_at_a_start_are_lent_last(worlds: Callable[..., Any], machine: Callable[..., Any]) -> None:
    world = worlds([("10.77.0.100", "10.77.0.101")])
    ended = Lease(FIRST, machine(1).mac, "", State.BOUND, 1.0, 2.0)
    world.leases.load([ended], world.now)
    assert world.dora(machine(2)).yiaddr == IPv4Address("10.77.0.101")


def test_a_lease_outside_all_subnets_harms_nobody(world: Any, machine: Callable[..., Any]) -> None:
    world.leases.load([Lease(IPv4Address("192.168.1.1"), machine(1).mac, "", State.BOUND, world.now, world.now + 9)], world.now)
    assert world.dora(machine(1)).yiaddr == FIRST


def test_a_clock_that_was_set_takes_no_time_from_a_lease(world: Any, machine: Callable[..., Any]) -> None:
    world.dora(machine(1))
    world.leases.settle()
    for by in (86400.0, -2 * 86400.0, -world.now):
        world.now += by
        world.leases.shift(by, world.now)
        lease = world.leases.held_by(Holder(machine(1).mac), FIRST, world.now)
        assert lease is not None
        assert lease.expires - world.now == 3600
        assert world.leases.changes().put == (lease,)
        world.leases.settle()
    world.now += 3600
    assert world.leases.held_by(Holder(machine(1).mac), FIRST, world.now) is None
    world.leases.expire(world.now)
    assert world.leases.pool(world.subnet).used == 0


def test_long_ended_leases_are_forgotten(world: Any, machine: Callable[..., Any]) -> None:
    world.dora(machine(1))
    world.leases.settle()
    world.now += 3600 + FORGET_SECONDS + 1
    world.leases.prune(world.now)
    assert world.leases.changes().gone == (FIRST,)


def test_renewals_leave_no_trail_in_memory(world: Any, machine: Callable[..., Any]) -> None:
    one = machine(1)
    world.dora(one)
    for _ in range(500):
        world.now += 1
        world.dora(one)
    assert len(world.leases._ends) + len(world.leases._lapses) <= 3


class Lending(RuleBasedStateMachine):
    """Any course of events: an address never has two holders, and the pool's books agree with the table."""

    def __init__(self) -> None:
        super().__init__()
        self.leases = Leases([SUBNET])
        self.now = 1000.0
        self.believed: dict[IPv4Address, tuple[str, float]] = {}

    @rule(who=st.integers(1, 8))
    def discover(self, who: int) -> None:
        self.leases.offer(SUBNET, Holder(f"02:00:00:00:00:0{who}"), None, self.now)

    @rule(who=st.integers(1, 8), host=st.integers(99, 106), claim=st.sampled_from(Claim))
    def request(self, who: int, host: int, claim: Claim) -> None:
        holder, address = Holder(f"02:00:00:00:00:0{who}"), IPv4Address(f"10.77.0.{host}")
        if self.leases.judge(SUBNET, holder, address, claim, self.now) is None:
            other = self.believed.get(address)
            assert other is None or other[1] <= self.now or other[0] == holder.mac, "lent while another believes in it"
            self.leases.bind(SUBNET, holder, address, self.now)
            self.believed = {at: believer for at, believer in self.believed.items() if believer[0] != holder.mac}
            self.believed[address] = (holder.mac, self.now + SUBNET.lease)

    @rule(who=st.integers(1, 8), ended=st.sampled_from(["release", "decline"]))
    def give_up(self, who: int, ended: str) -> None:
        holder = Holder(f"02:00:00:00:00:0{who}")
        address = self.leases.current(SUBNET, holder, self.now)
        lease = address and self.leases.held_by(holder, address, self.now)
        if lease:
            (self.leases.release if ended == "release" else self.leases.decline)(lease, self.now)
            self.believed.pop(lease.address, None)

    @rule(seconds=st.sampled_from([1, 11, 61, 601]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule()
    def settle(self) -> None:
        self.leases.settle()

    @invariant()
    def books_agree(self) -> None:
        self.leases.expire(self.now)
        pool = self.leases.pool(SUBNET)
        busy = {int(lease.address) for lease in self.leases._held.values() if lease.active(self.now)}
        busy |= {offer.number for offer in self.leases._offers.all()}
        assert set(pool._busy) == busy
        assert pool.strangers == pool.used == len(busy)
        assert not set(pool._returned) & busy


Lending.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLending = Lending.TestCase


def test_a_full_pool_says_so(world: Any) -> None:
    leases = Leases([SUBNET])
    for number in range(5):
        assert isinstance(leases.offer(SUBNET, Holder(f"02:00:00:00:00:0{number}"), None, 0.0), IPv4Address)
    assert leases.offer(SUBNET, Holder("02:00:00:00:00:09"), None, 0.0) is Denial.EXHAUSTED

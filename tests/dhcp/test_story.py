"""Two cores joined by a wire that loses, doubles and reorders; and crowds that try to take every address."""

from __future__ import annotations

import random
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Any

import pytest

from pxeserve.dhcp.lending.limits import Admission
from pxeserve.dhcp.packet import BOOTREPLY, Message, Type, encode, parse
from pxeserve.dhcp.route import EVERYBODY, Arrival

HOSTS, STRANGERS = 100, 10_000


class Cable:
    """Carries datagrams both ways and spoils some of them, by a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._waiting: list[bytes] = []

    def carry(self, data: bytes) -> list[bytes]:
        """What comes out at the other end when `data` goes in."""
        fate = self._random.random()
        if fate < 0.25:
            return []
        if fate < 0.40:
            return [data, data]
        if fate < 0.55:
            self._waiting.append(data)
            return []
        late, self._waiting = self._waiting, []
        return [data, *late]


@pytest.mark.parametrize("seed", range(20))
def test_over_a_bad_cable_everybody_gets_one_address_and_nobody_gets_anothers(
    worlds: Callable[..., Any], machine: Callable[..., Any], seed: int
) -> None:
    world, there, back = worlds(), Cable(seed), Cable(seed + 1000)
    machines = [machine(number) for number in range(1, 21)]
    for _round in range(60):
        for one in machines:
            for answer in _ask(world, one, there):
                for said in back.carry(answer):
                    _hear(machines, said)
        world.now += 1
        if all(one.address for one in machines):
            break
    assert all(one.address for one in machines)
    assert len({one.address for one in machines}) == len(machines)
    for one in machines:
        assert any(lease.address == one.address and lease.mac == one.mac for lease in world.leases.changes().put)


def _ask(world: Any, one: Any, cable: Cable) -> list[bytes]:
    """A client's next word (it asks, selects what it was offered, and starts over when it was refused), and what the server says to it
    and to what came late."""
    if one.address is not None:
        return []
    answers = []
    for asked in cable.carry(encode(one.discover() if one.offer is None else one.select())):
        heard = parse(asked)
        assert isinstance(heard, Message)
        outcome = world.lender.receive(heard, Arrival("eth0", IPv4Address(0), 68, EVERYBODY), world.now)
        if outcome.reply is not None:
            answers.append(encode(outcome.reply.message))
    return answers


def _hear(machines: list[Any], said: bytes) -> None:
    answer = parse(said, BOOTREPLY)
    assert isinstance(answer, Message)
    for one in machines:
        one.hear(answer)


def test_a_late_duplicate_of_a_request_changes_nothing(world: Any, machine: Callable[..., Any]) -> None:
    one = machine()
    first = world.dora(one)
    again = world.answer(one.select())
    assert again == first


def test_an_ack_that_was_lost_is_given_again_after_the_offer_has_run_out(world: Any, machine: Callable[..., Any]) -> None:
    one = machine()
    one.hear(world.answer(one.discover()))
    world.now += 30
    assert world.answer(one.select()).type is Type.ACK


def test_a_flood_of_strangers_starves_no_host(worlds: Callable[..., Any], machine: Callable[..., Any]) -> None:
    """Threat T22: 10,000 invented MACs, each asking and as far as it can taking; every one of 100 known hosts is served."""
    world = worlds([("10.77.0.10", "10.77.0.254")])
    hosts = [machine(0xA00000 + number) for number in range(HOSTS)]
    world.know({host.mac: None for host in hosts})
    served = iter(hosts)
    refused = 0
    for number in range(STRANGERS):
        stranger = machine(number)
        world.dora(stranger)
        refused += stranger.address is None
        world.now += 0.001
        if number % 100 == 99:
            assert world.dora(next(served)) is not None
    assert all(host.address for host in hosts)
    assert refused > STRANGERS - 245
    assert world.leases.pool(world.subnet).strangers <= 145


def test_a_flood_of_discovers_passes_within_seconds(worlds: Callable[..., Any], machine: Callable[..., Any]) -> None:
    world = worlds([("10.77.0.10", "10.77.0.254")])
    for number in range(STRANGERS):
        world.send(machine(number).discover())
    world.now += 15
    assert world.dora(machine(STRANGERS + 1)) is not None


def test_a_rack_of_new_machines_is_not_slowed_while_there_is_room(world: Any, machine: Callable[..., Any]) -> None:
    assert all(world.dora(machine(number)) for number in range(1, 46))


def test_when_it_is_crowded_thirty_strangers_a_minute_come_in(worlds: Callable[..., Any], machine: Callable[..., Any]) -> None:
    world = worlds([("10.77.0.10", "10.77.0.254")])
    room = world.leases.pool(world.subnet).for_strangers
    came = [world.dora(machine(number)) is not None for number in range(1, 250)]
    assert came == [True] * ((room + 1) // 2 + 30) + [False] * (249 - (room + 1) // 2 - 30)
    outcome = world.send(machine(999).discover())
    assert outcome.ignored == "too-many-new-clients"
    world.now += 10
    assert [world.dora(machine(number)) is not None for number in range(300, 310)] == [True] * 5 + [False] * 5


def test_each_relay_port_has_a_bucket_of_its_own() -> None:
    admission = Admission()
    assert sum(admission.admit("port 1", 0.0) for _ in range(100)) == 30
    assert admission.admit("port 2", 0.0)
    assert admission.admit("port 1", 2.0)
    assert not admission.admit("port 1", 2.0)


def test_buckets_of_invented_ports_do_not_pile_up() -> None:
    admission = Admission()
    for number in range(10_000):
        admission.admit(f"port {number}", 0.0)
    assert len(admission._buckets) <= 4096


def test_a_person_hears_when_a_pool_runs_out(worlds: Callable[..., Any], machine: Callable[..., Any]) -> None:
    world = worlds([("10.77.0.10", "10.77.0.19")])
    world.know({machine(number).mac: None for number in range(1, 20)})
    said = []
    for number in range(1, 14):
        said += [(number, note.text) for note in world.send(machine(number).discover()).alarms]
    assert said == [
        (8, "8 of 10 addresses of 10.77.0.0/24 are in use"),
        (11, "10.77.0.0/24 has no address left to lend: 10 of 10 are in use"),
    ]
    world.now += 60
    world.send(machine(1).discover())
    for number in range(2, 11):
        world.send(machine(number).discover())
    assert [note.kind for note in world.send(machine(12).discover()).alarms] == ["pool"]

"""kill -9 of any process of the service, at any moment: what was acknowledged stands, and what others do goes on."""

from __future__ import annotations

import random
import re
import sqlite3
import statistics
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.faults.fetching import Transfers
from tests.faults.leasing import Crowd, Record, given_away, lost
from tests.faults.service import CHILDREN, Service, began, until, worked
from tests.faults.space import Space

pytestmark = pytest.mark.netns
SERVER = ("127.0.0.1", 67)
STORED = 10_000
VICTIMS = ("dhcp", "tftp", "provision", "dhcp", "console", "worker", "parent")
"""A round each, over and over. The parent comes last in each turn: its successor begins with every child's patience anew."""

ROUNDS = [7, pytest.param(200, marks=pytest.mark.long)]


def kept(database: Path) -> dict[str, str]:
    """Who holds what, read from the disk without the service's code."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        return dict(connection.execute("SELECT mac, address FROM lease WHERE state = 'bound'"))


def missing(record: Record, database: Path) -> list[str]:
    """Acknowledged leases that are not on the disk."""
    found = kept(database)
    return [f"{who.hex(':')} lost {address}" for who, address in record.of.items() if found.get(who.hex(":")) != address]


def said_ready(service: Service, child: str) -> float:
    """The epoch second at which the log says that the newest `child` was ready."""
    when = re.findall(rf"(?m)^(\S+) .*\] {child} ready", service.log)[-1]
    return datetime.fromisoformat(when).timestamp()


def _told(seconds: list[float]) -> str:
    return f"median {statistics.median(seconds):.2f} s, most {max(seconds):.2f} s"


@pytest.mark.parametrize("rounds", ROUNDS)
def test_no_acknowledged_lease_is_lost_or_given_twice_whoever_is_killed(
    rounds: int, alone: Space, furnish: Callable[..., Service], body: bytes, figure: Callable[[str], None]
) -> None:
    chance = random.Random(rounds)
    service = furnish(alone, leases=STORED)
    service.start()
    sock = alone.udp()
    crowd = Crowd(alone.udp(), SERVER)
    from_start: list[float] = []
    from_ready: list[float] = []
    work: list[float] = []
    asked = 0
    with Transfers(alone, "127.0.0.1", body, "body.bin", "/f/body.bin") as transfers:
        for number in range(rounds):
            victim = VICTIMS[number % len(VICTIMS)]
            before = len(crowd.record.of)
            crowd.lease(chance.uniform(0.02, 0.5))
            dead = service.kill(victim)
            if victim == "parent":
                service.again(victim, dead)
            asked_at = time.time()
            offered, wall = crowd.until_offered(time.monotonic() + 60), time.time()
            if victim != "parent":
                service.again(victim, dead)
            if victim == "dhcp":
                work.append(worked(service.pid("dhcp")))
            if victim in ("dhcp", "parent"):
                # After a whole start nobody asks before all is ready, which the slowest child decides.
                ready = max(said_ready(service, "dhcp"), asked_at)
                from_ready.append(max(0.0, wall - (time.monotonic() - offered) - ready))
            if victim == "dhcp":
                from_start.append(offered - began(service.pid("dhcp")))
            newest = list(crowd.record.of.items())[before:]
            sample = newest + chance.sample(list(crowd.record.of.items()), min(50, len(crowd.record.of)))
            asked += len(sample)
            assert not lost(sock, SERVER, sample), f"round {number}: {victim}"
            assert not given_away(sock, SERVER, chance.sample(sample, min(10, len(sample)))), f"round {number}: {victim}"
            assert not crowd.record.doubled, f"round {number}: {victim}"
    crowd.finish()
    assert not missing(crowd.record, service.data / "state" / "leases.db")
    assert not lost(sock, SERVER, crowd.record.of.items())
    assert not crowd.record.doubled
    assert max(from_ready) <= 1.0
    assert statistics.median(work) <= 1.0, "as long as it has a core to itself"
    figure(
        f"{rounds} kills: {crowd.record.total} acknowledged, 0 lost, 0 doubled ({asked} asked after between kills), "
        f"{service.starts - 1} starts of all, 0 failed"
    )
    figure(
        f"first OFFER of a killed dhcp with {STORED} stored: {_told(from_start)} from its start (of a core {_told(work)}), "
        f"{_told(from_ready)} after 'ready'"
    )
    figure(f"transfers beside: {transfers.finished}, 0 wrong")


def test_the_checks_above_see_a_lease_that_is_gone_and_one_that_is_given_twice(alone: Space, furnish: Callable[..., Service]) -> None:
    """The control: one row is taken out of the database behind the server's back."""
    service = furnish(alone)
    service.start()
    sock = alone.udp()
    crowd = Crowd(alone.udp(), SERVER)
    crowd.lease(0.2)
    crowd.finish()
    assert not missing(crowd.record, service.data / "state" / "leases.db")
    assert not lost(sock, SERVER, crowd.record.of.items())
    assert not given_away(sock, SERVER, crowd.record.of.items())
    service.kill("parent")
    who, address = next(iter(crowd.record.of.items()))
    with sqlite3.connect(service.data / "state" / "leases.db") as connection:
        connection.execute("DELETE FROM lease WHERE address = ?", (address,))
    connection.close()
    service.give()
    service.start()
    assert missing(crowd.record, service.data / "state" / "leases.db") == [f"{who.hex(':')} lost {address}"]
    assert lost(sock, SERVER, crowd.record.of.items()) == [f"{who.hex(':')} lost {address}"]
    crowd.record.acknowledged(b"\x02stole", address)
    assert crowd.record.doubled


@pytest.mark.parametrize("rounds", [1, pytest.param(10, marks=pytest.mark.long)])
def test_when_one_is_killed_what_the_others_do_goes_on(
    rounds: int, alone: Space, furnish: Callable[..., Service], body: bytes, figure: Callable[[str], None]
) -> None:
    service = furnish(alone)
    service.start()
    crowd = Crowd(alone.udp(), SERVER)
    for victim in CHILDREN * rounds:
        pids = service.pids()
        with Transfers(alone, "127.0.0.1", body, "body.bin", "/f/body.bin") as transfers:
            crowd.lease(0.3)
            dead = service.kill(victim)
            if victim != "dhcp":
                before = crowd.record.total
                crowd.lease(0.3)
                assert crowd.record.total > before, "leases go on"
            service.again(victim, dead)
            seen = dict(transfers.finished)
            while any(transfers.finished[way] <= count for way, count in seen.items()):
                crowd.lease(0.1)
        assert not any(cut for way, cut in transfers.cut.items() if way != victim), (victim, transfers.cut)
        assert {child for child, pid in service.pids().items() if pid != pids[child]} == {victim}
        assert service.command("status").returncode == 0
        cut = {way: len(moments) for way, moments in transfers.cut.items()}
        figure(f"{victim} killed: transfers finished {transfers.finished}, cut {cut}")


def test_after_every_kill_the_record_goes_on(alone: Space, furnish: Callable[..., Service]) -> None:
    """The worker's death loses what it was handed and had not written, and nothing else: what happens next is in the record."""
    service = furnish(alone)
    service.start()
    for number in range(2):
        service.again("worker", service.kill("worker"))
        with alone.udp() as sock:
            sock.sendto(b"\0\1after-%d\0octet\0" % number, ("127.0.0.1", 69))
            assert sock.recv(600)[:2] == b"\0\5"
        until(lambda word=f"after-{number}": word in str(service.items("events")), "it is in the record")

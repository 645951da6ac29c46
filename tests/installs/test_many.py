"""A rack armed at once: all of it or nothing, whoever else arms, whenever the process dies; and each host is installed once."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pxeserve.config import load
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.install import InstallState
from pxeserve.errors import ConflictError, PxeserveError, RefusedError
from pxeserve.installs import delivery, seal
from pxeserve.installs.arming import Arming, BootDenied, BootGrant, Order
from pxeserve.installs.lapse import lapse
from pxeserve.installs.seal import Frozen
from pxeserve.installs.subject import subject
from pxeserve.keys import Keys, load_keys
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store, audit, installs, inventory, open_store
from pxeserve.store import tables as t
from tests.installs.clocks import SetClock

NOW = 1_790_000_000.0
HOUR = 3600.0
MANY = 12
NAMES = [f"r{number:02}" for number in range(MANY)]


def mac(number: int) -> str:
    return f"52:54:00:78:00:{number:02x}"


def address(number: int) -> IPv4Address:
    return IPv4Address(f"10.77.0.{100 + number}")


@dataclass
class Rack:
    """Hosts with a lease each, and the acts on them."""

    store: Store
    keys: Keys
    data: Path
    clock: SetClock = field(default_factory=SetClock)

    @property
    def arming(self) -> Arming:
        config = load(env={}, overrides={"server": {"data": str(self.data)}})
        return Arming(self.store, self.keys, config, clock=self.clock, neighbours=lambda _address: None)

    def orders(self, numbers: range = range(MANY)) -> list[Order]:
        hosts = SnapshotSource(self.store).current().hosts
        return [
            Order(hosts[f"r{number:02}"], None, "fresh", False, True, Frozen(seal.new_key(), f"<a{number}/>".encode()), "tester")
            for number in numbers
        ]

    def states(self) -> Counter[str]:
        with self.store.site.read() as connection:
            return Counter(state for (state,) in connection.execute(t.install.select().with_only_columns(t.install.c.state)))

    def boot(self, number: int, at: IPv4Address | None = None, now: float = NOW) -> str | None:
        """The token that the machine is given in its menu; None when it is given no installer."""
        found = subject(self.store, SnapshotSource(self.store).current(), mac(number), now)
        assert found.install is not None
        grant = self.arming.open_boot(found.install, mac(number), at or address(number), now)
        return grant.answerfile_token if isinstance(grant, BootGrant) else None

    def fetch(self, token: str, number: int, now: float = NOW) -> delivery.Delivery | None:
        return delivery.deliver(self.store, self.keys, token, address(number), now, clock=self.clock, neighbours=lambda _address: None)


@pytest.fixture
def rack(tmp_path: Path) -> Iterator[Rack]:
    store = open_store(tmp_path, migrate=True)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        for number, name in enumerate(NAMES):
            inventory.put_host(connection, Host(0, name, (mac(number),), "rack"))
    with store.leases.write() as connection:
        for number in range(MANY):
            row = {"address": str(address(number)), "mac": mac(number), "client_id": "", "state": "bound", "starts": NOW}
            connection.execute(t.lease.insert().values(**row, expires=NOW + 10 * HOUR))
    yield Rack(store, load_keys(tmp_path), tmp_path)
    with store.site.read() as connection:
        assert audit.broken_at(connection) is None
    store.close()


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """What comes of each, all begun at the same moment."""
    results: list[Any] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def run(number: int) -> None:
        gate.wait()
        try:
            results[number] = acts[number]()
        except PxeserveError as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_all_are_armed_and_each_tells_of_itself(rack: Rack) -> None:
    armed = rack.arming.arm_all(rack.orders(), NOW)
    assert len({one.id for one in armed}) == MANY
    assert rack.states() == {"armed": MANY}
    with rack.store.site.read() as connection:
        told = connection.execute(t.install_event.select()).all()
    assert Counter(row.kind for row in told) == {"install.armed": MANY}
    assert len({row.install_id for row in told}) == MANY


def test_one_that_is_live_keeps_all_from_it(rack: Rack) -> None:
    rack.arming.arm(rack.orders()[5], NOW)
    with pytest.raises(RefusedError, match=r"1 of 12 hosts cannot be armed, so none was:\n  r05 already has an install that is armed"):
        rack.arming.arm_all(rack.orders(), NOW + 1)
    assert rack.states() == {"armed": 1}
    with rack.store.site.read() as connection:
        assert len(connection.execute(t.install_event.select()).all()) == 1


def test_of_racks_that_overlap_and_are_armed_at_once_one_is_armed_whole(rack: Rack) -> None:
    arming = rack.arming
    halves = [rack.orders(range(8)), rack.orders(range(4, MANY)), rack.orders(range(MANY)), rack.orders(range(6, 7))]
    results = at_once([lambda orders=orders: arming.arm_all(orders, NOW) for orders in halves])  # type: ignore[misc]
    armed = [one for one in results if isinstance(one, list)]
    with rack.store.site.read() as connection:
        live = {row.host_id for row in installs.in_states(connection, frozenset({InstallState.ARMED}))}
    assert armed
    assert len(live) == sum(len(one) for one in armed), "no host is armed twice, and no part of a rack"
    assert all(isinstance(one, RefusedError | ConflictError) for one in results if not isinstance(one, list))


_CRASH = """
import os, sys
from pathlib import Path
from pxeserve.config import load
from pxeserve.installs import seal
from pxeserve.installs.arming import Arming, Order
from pxeserve.installs.seal import Frozen
from pxeserve.keys import load_keys
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import audit, open_store
data, at, now = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
store, keys = open_store(data), load_keys(data)
arming = Arming(store, keys, load(env={}, overrides={"server": {"data": str(data)}}))
hosts = SnapshotSource(store).current().hosts.values()
orders = [Order(host, None, "fresh", False, True, Frozen(seal.new_key(), b"<installation/>"), "tester") for host in hosts]
real, written = audit.append, []
def append(*words, **more):
    real(*words, **more)
    written.append(words)
    if len(written) == at:
        os.kill(os.getpid(), 9)
audit.append = append
arming.arm_all(orders, now)
if at > len(orders):
    os.kill(os.getpid(), 9)
"""


@pytest.mark.parametrize("at", [1, MANY // 2, MANY, MANY + 1])
def test_a_kill_in_the_middle_of_arming_leaves_all_or_none(rack: Rack, at: int) -> None:
    done = subprocess.run([sys.executable, "-c", _CRASH, str(rack.data), str(at), str(NOW)], check=False)
    assert done.returncode == -9
    assert rack.states() == ({"armed": MANY} if at > MANY else {})
    if at <= MANY:
        assert len(rack.arming.arm_all(rack.orders(), NOW)) == MANY


def test_a_rack_that_boots_twice_at_once_is_installed_once_each(rack: Rack) -> None:
    rack.arming.arm_all(rack.orders(), NOW)
    got: list[tuple[int, bytes]] = []

    def boots(number: int) -> None:
        token = rack.boot(number)
        sent = rack.fetch(token, number) if token else None
        if sent is not None and sent.commit():
            got.append((number, sent.body))

    at_once([lambda number=number: boots(number) for number in range(MANY) for _ in range(2)])  # type: ignore[misc]
    assert {number for number, _ in got} == set(range(MANY))
    assert all(body == f"<a{number}/>".encode() for number, body in got)
    assert rack.states() == {"answered": MANY}
    assert [rack.boot(number) for number in range(MANY)] == [None] * MANY
    with rack.store.site.read() as connection:
        assert all(row.deliveries <= 3 for row in installs.newest_by_host(connection).values())


def test_no_host_of_a_rack_opens_anothers_answerfile(rack: Rack) -> None:
    rack.arming.arm_all(rack.orders(), NOW)
    tokens = [rack.boot(number) for number in range(MANY)]
    assert len(set(tokens)) == MANY
    stolen = tokens[3]
    assert stolen is not None
    assert rack.fetch(stolen, 4) is None
    assert rack.states() == {"frozen": 1, "booting": MANY - 1}


@pytest.mark.parametrize(("second", "frozen"), [(address(7), True), (IPv4Address("10.77.0.200"), False)])
def test_of_two_machines_with_one_mac_the_second_gets_nothing(rack: Rack, second: IPv4Address, frozen: bool) -> None:
    """The address of the second is proven to be another machine's, or nothing says whose it is."""
    rack.arming.arm_all(rack.orders(), NOW)
    assert rack.boot(0) is not None
    assert rack.boot(0, second) is None
    assert rack.states() == ({"frozen": 1, "armed": MANY - 1} if frozen else {"booting": 1, "armed": MANY - 1})
    assert (rack.boot(0) is None) is frozen


@pytest.mark.parametrize(
    ("wall", "boottime"),
    [(NOW + HOUR, 1005.0), (NOW - 61, 1005.0), (0.0, 1005.0), (NOW + 5, 1000.0 + HOUR), (NOW + 86_400, 1005.0)],
)
def test_whatever_the_clock_does_a_rack_lapses_and_never_comes_back(rack: Rack, wall: float, boottime: float) -> None:
    rack.arming.arm_all(rack.orders(), NOW)
    rack.clock.seconds = boottime
    assert rack.boot(0, now=wall) is None
    assert lapse(rack.store, wall, clock=rack.clock) == MANY - 1
    rack.clock.seconds = 1006.0
    assert [rack.boot(number, now=NOW + 6) for number in range(MANY)] == [None] * MANY
    assert rack.states() == {"lapsed": MANY}


def test_a_rack_is_cancelled_whole_or_not_at_all(rack: Rack) -> None:
    hosts = [order.host for order in rack.orders()]
    rack.arming.arm_all(rack.orders(range(1, MANY)), NOW)
    with pytest.raises(RefusedError, match="1 of 12 hosts cannot be cancelled, so none was"):
        rack.arming.cancel_all(hosts, "tester", NOW)
    assert rack.states() == {"armed": MANY - 1}
    assert len(rack.arming.cancel_all(hosts[1:], "tester", NOW)) == MANY - 1
    assert rack.states() == {"cancelled": MANY - 1}
    denied = [rack.arming.open_boot(one, mac(number), address(number), NOW) for number, one in _newest(rack)]
    assert all(isinstance(one, BootDenied) for one in denied)


def _newest(rack: Rack) -> list[tuple[int, Any]]:
    with rack.store.site.read() as connection:
        rows = installs.newest_by_host(connection)
    return [(host_id - 1, row.view()) for host_id, row in rows.items()]

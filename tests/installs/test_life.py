"""The life of an install, told on a real store with clocks that are set by hand."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from pxeserve.config import load
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.install import OPEN_STATES, InstallState
from pxeserve.errors import ConflictError, PxeserveError, RefusedError
from pxeserve.installs import delivery, doubt, rehearsal, seal
from pxeserve.installs.arming import Arming, BootDenied, BootGrant, Order
from pxeserve.installs.lapse import lapse
from pxeserve.installs.seal import Frozen
from pxeserve.installs.states import ENDED, TABLE, Happening, after, diagram
from pxeserve.installs.subject import subject
from pxeserve.keys import Keys, load_keys
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store, audit, installs, inventory, leases, open_store
from pxeserve.store import tables as t
from tests.installs.clocks import SetClock

NOW = 1_790_000_000.0
HOUR = 3600.0
MAC = "52:54:00:77:00:01"
OTHER_MAC = "52:54:00:77:00:99"
MINE, SECOND, THIRD, STRANGE = (IPv4Address(f"10.77.0.{last}") for last in (100, 101, 102, 200))
ANSWERFILE = b"<installation>\n  <root-password>planted-secret</root-password>\n</installation>\n"
SCRIPT = b"#!/bin/sh\nexit 0\n"


@dataclass
class World:
    """A host with a lease, and the acts on it."""

    store: Store
    keys: Keys
    data: Path
    clock: SetClock = field(default_factory=SetClock)
    neighbours: dict[IPv4Address, str] = field(default_factory=dict)
    bind: str = "evidence"

    @property
    def arming(self) -> Arming:
        config = load(env={}, overrides={"server": {"data": str(self.data)}, "arming": {"bind": self.bind}})
        return Arming(self.store, self.keys, config, clock=self.clock, neighbours=self.neighbours.get)

    @property
    def host(self) -> Host:
        with self.store.site.read() as connection:
            found = inventory.host(connection, "xen01")
        assert found is not None
        return found

    def order(self, **more: Any) -> Order:
        frozen = Frozen(seal.new_key(), ANSWERFILE, {"post-install": SCRIPT}, self.bind)
        values: dict[str, Any] = {"mode": "fresh", "interactive": False, "wants_answerfile": True, "frozen": frozen, "actor": "tester"}
        return Order(self.host, None, **{**values, **more})

    def lend(self, address: IPv4Address, mac: str, until: float = NOW + 10 * HOUR) -> None:
        with self.store.leases.write() as connection:
            connection.execute(t.lease.delete().where(t.lease.c.address == str(address)))
            row = {"address": str(address), "mac": mac, "client_id": "", "state": "bound", "starts": NOW, "expires": until}
            connection.execute(t.lease.insert().values(**row))

    def ask(self, address: IPv4Address = MINE, now: float = NOW, arming: Arming | None = None) -> BootGrant | BootDenied:
        found = subject(self.store, SnapshotSource(self.store).current(), MAC, now)
        assert found.install is not None
        return (arming or self.arming).open_boot(found.install, MAC, address, now)

    def token(self, now: float = NOW) -> str:
        grant = self.ask(now=now)
        assert isinstance(grant, BootGrant)
        assert grant.answerfile_token is not None
        return grant.answerfile_token

    def deliver(self, token: str, address: IPv4Address = MINE, now: float = NOW) -> delivery.Delivery | None:
        return delivery.deliver(self.store, self.keys, token, address, now, clock=self.clock, neighbours=self.neighbours.get)

    def row(self) -> installs.InstallRow:
        with self.store.site.read() as connection:
            found = installs.newest_of(connection, self.host.id)
        assert found is not None
        return found

    @property
    def state(self) -> InstallState:
        return self.row().state

    def told(self) -> list[str]:
        with self.store.site.read() as connection:
            return [row.kind for row in connection.execute(t.install_event.select().order_by(t.install_event.c.id))]

    def tokens_of(self, order: Order) -> tuple[str, str]:
        return seal.token(order.frozen.key, "script:post-install"), seal.token(order.frozen.key, "progress")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(tmp_path, migrate=True)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        inventory.put_host(connection, Host(0, "xen01", (MAC,), "rack"))
    made = World(store, load_keys(tmp_path), tmp_path)
    made.lend(MINE, MAC)
    yield made
    store.close()


# --- the table ---


def test_a_host_whose_cards_changed_while_it_was_prepared_is_not_armed(world: World) -> None:
    """Preparing a rack takes a minute; the machine behind a new card is none that anybody looked at."""
    order = world.order()
    with world.store.site.write() as connection:
        inventory.put_host(connection, replace(order.host, macs=("52:54:00:77:00:99",)))
    with pytest.raises(ConflictError, match="xen01 has other cards now, or is gone"):
        world.arming.arm(order, NOW)
    world.arming.arm(world.order(), NOW)



@pytest.mark.parametrize("state", list(InstallState))
@pytest.mark.parametrize("happening", list(Happening))
def test_nothing_leads_back_to_where_an_installer_is_given(state: InstallState, happening: Happening) -> None:
    then = after(state, happening)
    if state not in OPEN_STATES:
        assert then not in OPEN_STATES
    if state in ENDED:
        assert then is None


def test_the_picture_in_the_docs_is_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "arming.md").read_text(encoding="utf-8")
    assert diagram() in page
    assert all(f"{before} --> {then}" in diagram() for (before, _), then in TABLE.items())


# --- the whole story ---


def test_one_arming_is_one_installation(world: World) -> None:
    order = world.order()
    world.arming.arm(order, NOW)
    assert world.state is InstallState.ARMED
    token = world.token()
    assert world.state is InstallState.BOOTING
    sent = world.deliver(token)
    assert sent is not None
    assert sent.body == ANSWERFILE
    assert world.state is InstallState.BOOTING  # nothing is consumed before the last byte
    assert sent.commit()
    assert world.state is InstallState.ANSWERED
    assert isinstance(world.ask(), BootDenied)
    script, report = world.tokens_of(order)
    assert delivery.script(world.store, world.keys, script, "post-install", MINE, NOW + 60) == SCRIPT
    assert world.state is InstallState.INSTALLING
    assert delivery.progress(world.store, world.keys, report, "done", MINE, NOW + 90)
    assert world.state is InstallState.DONE
    assert world.row().sealed is None
    assert not delivery.progress(world.store, world.keys, report, "failed", MINE, NOW + 91)
    assert delivery.script(world.store, world.keys, script, "post-install", MINE, NOW + 91) is None
    assert world.told() == ["install.armed", "install.booting", "install.answered", "install.installing", "install.done"]


def test_a_second_arming_waits_for_the_first_to_end(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    with pytest.raises(ConflictError, match="already has an install that is armed"):
        world.arming.arm(world.order(), NOW + 1)
    world.arming.cancel(world.host, "tester", NOW + 2)
    assert world.state is InstallState.CANCELLED
    with pytest.raises(RefusedError):
        world.arming.cancel(world.host, "tester", NOW + 3)
    world.arming.arm(world.order(), NOW + 4)
    assert world.state is InstallState.ARMED


def test_a_reported_failure_ends_it(world: World) -> None:
    order = world.order()
    world.arming.arm(order, NOW)
    sent = world.deliver(world.token())
    assert sent is not None and sent.commit()
    assert delivery.progress(world.store, world.keys, world.tokens_of(order)[1], "failed", MINE, NOW + 9)
    assert world.state is InstallState.FAILED


# --- who is asking ---


def test_without_evidence_there_is_no_menu_and_one_alarm_a_minute(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    arming = world.arming
    for second in (0, 1, 59, 60, 61):
        denied = world.ask(STRANGE, NOW + second, arming)
        assert isinstance(denied, BootDenied) and not denied.frozen
    assert world.told().count("install.alarm") == 2
    assert world.state is InstallState.ARMED


def test_another_machines_address_freezes_the_arming(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    world.lend(STRANGE, OTHER_MAC)
    denied = world.ask(STRANGE)
    assert isinstance(denied, BootDenied) and denied.frozen
    assert world.state is InstallState.FROZEN
    assert isinstance(world.ask(MINE), BootDenied)
    world.arming.cancel(world.host, "tester", NOW)  # a person looked


@pytest.mark.parametrize(
    ("prove", "granted"),
    [
        (lambda world: world.neighbours.update({SECOND: MAC}), True),
        (lambda world: world.neighbours.update({SECOND: OTHER_MAC}), False),
        (lambda world: world.lend(SECOND, MAC), True),
        (lambda world: world.lend(SECOND, MAC, NOW - 1), False),
        (lambda world: _hear(world, SECOND, MAC, NOW - 5), True),
        (lambda world: _hear(world, SECOND, OTHER_MAC, NOW - 5), False),
        (lambda world: _hear(world, SECOND, MAC, NOW - 2 * HOUR), False),
    ],
)
def test_what_counts_as_evidence(world: World, prove: Callable[[World], None], granted: bool) -> None:
    world.arming.arm(world.order(), NOW)
    prove(world)
    assert isinstance(world.ask(SECOND), BootGrant) is granted


def _hear(world: World, address: IPv4Address, mac: str, at: float) -> None:
    with world.store.leases.write() as connection:
        connection.execute(t.sighting.insert().values(address=str(address), mac=mac, at=at))
        assert leases.sighting(connection, address) is not None


def test_the_same_address_may_ask_again_and_one_change_is_allowed(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    first = world.token()
    assert world.token() == first
    world.lend(SECOND, MAC)
    world.lend(THIRD, MAC)
    assert isinstance(world.ask(SECOND), BootGrant)
    assert isinstance(world.ask(THIRD), BootDenied)
    assert isinstance(world.ask(SECOND), BootGrant)
    assert world.told().count("install.address-changed") == 1


def test_with_the_risk_accepted_no_evidence_is_needed_but_a_proven_stranger_is_still_stopped(world: World) -> None:
    world.bind = "token"
    world.arming.arm(world.order(), NOW)
    grant = world.ask(SECOND)
    assert isinstance(grant, BootGrant) and grant.answerfile_token
    assert world.deliver(grant.answerfile_token, SECOND) is not None
    world.lend(STRANGE, OTHER_MAC)
    assert isinstance(world.ask(STRANGE), BootDenied)
    assert world.state is InstallState.FROZEN


# --- the answerfile ---


def test_a_client_that_hangs_up_has_consumed_nothing(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    assert world.deliver(token) is not None
    assert world.deliver(token) is not None
    assert world.state is InstallState.BOOTING
    assert world.row().deliveries == 0


def test_two_repeats_in_ten_minutes_to_the_same_address_and_no_more(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    for second in (0.0, 10.0, 599.0):
        sent = world.deliver(token, now=NOW + second)
        assert sent is not None and sent.body == ANSWERFILE and sent.commit()
    assert world.deliver(token, now=NOW + 599.5) is None
    assert world.told().count("install.redelivered") == 2


def test_after_ten_minutes_or_the_first_report_it_is_gone(world: World) -> None:
    order = world.order()
    world.arming.arm(order, NOW)
    token = world.token()
    sent = world.deliver(token)
    assert sent is not None and sent.commit()
    assert world.deliver(token, now=NOW + 600) is None
    assert world.deliver(token, now=NOW + 5) is not None
    delivery.script(world.store, world.keys, world.tokens_of(order)[0], "post-install", MINE, NOW + 6)
    assert world.deliver(token, now=NOW + 7) is None


def test_what_dhcp_heard_against_an_arming_freezes_it_and_nothing_else(world: World) -> None:
    contradiction = {"code": doubt.CONTRADICTION, "text": "the UUID is another's"}
    install = world.arming.arm(world.order(), NOW)
    heard = [
        (install.id, {"because": [{"code": "armed", "text": "armed"}]}),
        (None, {"because": [contradiction]}),
        (install.id, {"because": "uuid-differs"}),
    ]
    assert not list(doubt.contradictions(heard))
    [(who, because)] = doubt.contradictions([*heard, (install.id, {"because": [contradiction]})])
    assert doubt.freeze(world.store, who, because, NOW)
    assert world.state is InstallState.FROZEN
    assert isinstance(world.ask(), BootDenied)
    assert not doubt.freeze(world.store, who, because, NOW), "twice"
    assert not doubt.freeze(world.store, "nobody", because, NOW)


def test_a_token_that_was_right_once_is_told_once_a_minute_with_the_reason(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    world.arming.cancel(world.host, "tester", NOW + 1)
    for second in (2.0, 3.0, 61.0, 62.0):
        assert world.deliver(token, now=NOW + second) is None
    with world.store.site.read() as connection:
        told = connection.execute(t.install_event.select().where(t.install_event.c.kind == "install.stale-token")).all()
    assert [row.at for row in told] == [NOW + 2, NOW + 62]
    assert "that install is cancelled" in told[0].data["because"]
    assert token not in str(told)


def test_a_token_that_is_asked_for_too_often_or_too_late_is_told(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    sent = world.deliver(token)
    assert sent is not None and sent.commit()
    assert world.deliver(token, now=NOW + 600) is None
    assert world.told()[-1] == "install.stale-token"
    world.arming.cancel(world.host, "tester", NOW + 700)
    world.arming.arm(world.order(), NOW + 700)
    late = world.token(now=NOW + 701)
    assert world.deliver(late, now=NOW + 700 + 24 * HOUR) is None
    assert world.told()[-1] == "install.stale-token"


def test_the_right_token_from_a_wrong_address_freezes_and_tells(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    assert world.deliver(token, STRANGE) is None
    assert world.state is InstallState.FROZEN
    assert world.deliver(token) is None
    assert "install.alarm" in world.told()


def test_after_consumption_a_wrong_address_is_an_alarm_only(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    sent = world.deliver(token)
    assert sent is not None and sent.commit()
    assert world.deliver(token, STRANGE) is None
    assert world.state is InstallState.ANSWERED
    assert world.told()[-1] == "install.alarm"


def test_the_installer_may_have_another_evidenced_address_than_the_firmware(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    world.lend(SECOND, MAC)
    sent = world.deliver(token, SECOND)
    assert sent is not None and sent.commit()
    assert world.row().bound_address == SECOND
    assert world.deliver(token, SECOND) is not None
    assert world.deliver(token, MINE) is None


def test_a_thousand_wrong_tokens_open_nothing(world: World) -> None:
    order = world.order()
    world.arming.arm(order, NOW)
    world.token()
    script, report = world.tokens_of(order)
    wrong = [seal.token(seal.new_key(), "answerfile") for _ in range(1000)]
    for token in [*wrong, "", "x", "é" * 43, "a" * 44, script, report]:
        assert world.deliver(token) is None
    assert delivery.script(world.store, world.keys, report, "post-install", MINE, NOW) is None
    assert delivery.script(world.store, world.keys, script, "other", MINE, NOW) is None
    assert not delivery.progress(world.store, world.keys, report, "done", MINE, NOW)  # nothing was delivered yet
    assert not delivery.progress(world.store, world.keys, report, "explode", MINE, NOW)
    assert world.state is InstallState.BOOTING


# --- time ---


@pytest.mark.parametrize(
    ("wall", "boottime", "start", "open_still"),
    [
        (NOW + HOUR - 1, 1000 + HOUR - 1, "first start", True),
        (NOW + HOUR, 1000 + 5, "first start", False),
        (NOW + 5, 1000 + HOUR, "first start", False),  # the wall clock was set back, and the other one knows
        (NOW - 59, 1000 + 5, "first start", True),
        (NOW - 61, 1000 + 5, "first start", False),  # before it was armed: a doubt
        (0.0, 1000 + 5, "first start", False),
        (NOW + 86400, 5, "second start", False),
        (NOW + 60, 5, "second start", True),  # the server was restarted
    ],
)
def test_an_arming_lapses_by_the_first_clock_that_says_so(
    world: World, wall: float, boottime: float, start: str, open_still: bool
) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    world.clock = SetClock(boottime, start)
    assert (world.deliver(token, now=wall) is not None) is open_still
    assert isinstance(world.ask(now=wall), BootGrant) is open_still
    assert world.state is (InstallState.BOOTING if open_still else InstallState.LAPSED)


def test_the_sweep_lets_armings_lapse_and_forgets_spent_secrets(world: World) -> None:
    order = world.order()
    world.arming.arm(order, NOW)
    assert lapse(world.store, NOW + HOUR - 1, clock=world.clock) == 0
    sent = world.deliver(world.token())
    assert sent is not None and sent.commit()
    assert lapse(world.store, NOW + 4 * HOUR, clock=world.clock) == 0
    assert world.state is InstallState.ANSWERED  # nobody knows what became of it
    assert world.row().sealed is None
    assert not delivery.progress(world.store, world.keys, world.tokens_of(order)[1], "done", MINE, NOW + 4 * HOUR)
    world.arming.cancel(world.host, "tester", NOW + 4 * HOUR)
    world.arming.arm(world.order(), NOW + 5 * HOUR)
    assert lapse(world.store, NOW + 7 * HOUR, clock=world.clock) == 1
    assert world.state is InstallState.LAPSED


# --- installs without an answerfile ---


def test_an_interactive_install_is_consumed_by_its_ram_disk_at_its_own_address(world: World) -> None:
    armed = world.arming.arm(world.order(interactive=True, wants_answerfile=False, frozen=Frozen(seal.new_key())), NOW)
    assert not world.arming.ramdisk_delivered(armed.id, MINE, NOW)  # no menu was given yet
    grant = world.ask()
    assert grant == BootGrant(None)
    assert not world.arming.ramdisk_delivered(armed.id, STRANGE, NOW)
    assert world.state is InstallState.BOOTING
    assert world.arming.ramdisk_delivered(armed.id, MINE, NOW)
    assert world.state is InstallState.ANSWERED
    assert not world.arming.ramdisk_delivered(armed.id, MINE, NOW)


def test_a_ram_disk_consumes_no_install_that_waits_for_its_answerfile(world: World) -> None:
    armed = world.arming.arm(world.order(), NOW)
    world.token()
    assert not world.arming.ramdisk_delivered(armed.id, MINE, NOW)
    assert world.state is InstallState.BOOTING


# --- rehearsals ---


def test_a_rehearsal_leaves_the_hosts_own_install_alone(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    mac = rehearsal.new_mac()
    assert int(mac[:2], 16) & 3 == 2
    rehearsal.begin(world.store, world.arming, world.order(rehearsal_mac=mac, ttl=rehearsal.LASTS), NOW)
    snapshot = SnapshotSource(world.store).current()
    seen = subject(world.store, snapshot, mac, NOW)
    assert seen.rehearsal and seen.host is not None and seen.host.macs == (mac,) and seen.install is not None
    world.lend(SECOND, mac)
    assert isinstance(world.arming.open_boot(seen.install, mac, SECOND, NOW), BootGrant)
    assert world.state is InstallState.ARMED
    assert subject(world.store, snapshot, mac, NOW + rehearsal.LASTS).host is None
    rehearsal.end(world.store, mac)
    rehearsal.end(world.store, mac)
    assert subject(world.store, snapshot, mac, NOW).host is None
    assert world.state is InstallState.ARMED


# --- races and crashes ---


def _race(count: int, act: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []
    gate = threading.Barrier(count)

    def run() -> None:
        gate.wait()
        try:
            results.append(act())
        except PxeserveError as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_twenty_who_arm_at_once_one_does(world: World) -> None:
    arming, order = world.arming, world.order()
    results = _race(20, lambda: arming.arm(replace(order, frozen=Frozen(seal.new_key(), ANSWERFILE)), NOW))
    assert sum(isinstance(result, ConflictError) for result in results) == 19


def test_a_row_that_moved_on_since_it_was_read_is_not_moved_again(world: World) -> None:
    """On SQLite the write lock already keeps two apart; on an engine that does not, the comparison has to."""
    world.arming.arm(world.order(), NOW)
    stale = world.row()
    world.token()
    with world.store.site.write() as connection:
        assert not installs.advance(connection, stale, {"state": InstallState.CANCELLED})
        assert not installs.advance(connection, replace(world.row(), version=stale.version), {"deliveries": 9})
    assert world.state is InstallState.BOOTING


def test_of_twenty_deliveries_begun_at_once_one_is_sent_whole(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    ready = [world.deliver(token) for _ in range(20)]
    results = _race(20, lambda: ready.pop().commit())  # type: ignore[union-attr]
    assert results.count(True) == 1  # all were begun while it was open, so the others have lost
    assert world.row().deliveries == 1


_CRASH = """
import os, sys
from ipaddress import IPv4Address
from pathlib import Path
from pxeserve.config import load
from pxeserve.installs import delivery, doubt, seal
from pxeserve.installs.arming import Arming, BootGrant, Order
from pxeserve.installs.seal import Frozen
from pxeserve.installs.subject import subject
from pxeserve.keys import load_keys
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import open_store
data, step = Path(sys.argv[1]), sys.argv[2]
store, keys, address, now = open_store(data), load_keys(data), IPv4Address("10.77.0.100"), float(sys.argv[3])
arming = Arming(store, keys, load(env={}, overrides={"server": {"data": str(data)}}))
snapshot = SnapshotSource(store).current()
def stop(name):
    if name == step:
        os.kill(os.getpid(), 9)
order = Order(snapshot.hosts["xen01"], None, "fresh", False, True, Frozen(seal.new_key(), b"<installation/>"), "tester")
arming.arm(order, now); stop("armed")
grant = arming.open_boot(subject(store, snapshot, "52:54:00:77:00:01").install, "52:54:00:77:00:01", address, now); stop("menu")
sent = delivery.deliver(store, keys, grant.answerfile_token, address, now); stop("sending")
assert sent.commit(); stop("committed")
"""


@pytest.mark.parametrize(
    ("step", "state"),
    [
        ("armed", InstallState.ARMED),
        ("menu", InstallState.BOOTING),
        ("sending", InstallState.BOOTING),
        ("committed", InstallState.ANSWERED),
    ],
)
def test_a_kill_between_two_steps_never_gives_a_second_install(world: World, step: str, state: InstallState) -> None:
    import time

    now = time.time()
    world.lend(MINE, MAC, now + HOUR)
    done = subprocess.run([sys.executable, "-c", _CRASH, str(world.data), step, str(now)], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr.decode()
    assert world.state is state
    again = subprocess.run([sys.executable, "-c", _CRASH, str(world.data), "none", str(now)], check=False, capture_output=True)
    assert b"ConflictError" in again.stderr  # it is live; nobody arms it twice
    if state is InstallState.ANSWERED:
        snapshot = SnapshotSource(world.store).current()
        found = subject(world.store, snapshot, MAC).install
        assert found is not None
        assert isinstance(world.arming.open_boot(found, MAC, MINE, now), BootDenied)


# --- the audit ---


def lines(world: World) -> list[tuple[str, str, str, str]]:
    with world.store.site.read() as connection:
        found = audit.lines(connection, audit.Wanted(), 100)
    return [(one["actor"], one["action"], one["object"], one["result"].partition(": ")[2]) for one in reversed(found)]


def test_what_happens_to_an_install_without_a_person_is_a_line_of_the_audit(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    token = world.token()
    for _ in range(2):
        sent = world.deliver(token)
        assert sent is not None
        assert sent.commit()
    world.deliver(token, STRANGE)
    assert lines(world) == [
        ("tester", "host.install", "xen01", ""),
        (f"address {MINE}", "install.answered", "xen01", f"to {MINE}"),
        (f"address {MINE}", "install.redelivered", "xen01", f"to {MINE}"),
        (f"address {STRANGE}", "install.alarm", "xen01", f"{STRANGE} used the token of an answerfile that belongs to {MINE}"),
    ]


def test_so_is_an_arming_that_lapses_or_is_frozen(world: World) -> None:
    world.arming.arm(world.order(), NOW)
    lapse(world.store, NOW + 2 * HOUR, clock=world.clock)
    world.arming.arm(world.order(), NOW + 1)
    world.deliver(world.token(NOW + 1), STRANGE, NOW + 1)
    assert [line[:2] for line in lines(world)] == [
        ("tester", "host.install"), ("service", "install.lapsed"), ("tester", "host.install"),
        (f"address {STRANGE}", "install.alarm"), (f"address {STRANGE}", "install.frozen"),
    ]  # fmt: skip


# --- secrets ---


def test_no_secret_lies_readable_in_the_store(world: World) -> None:
    order = world.order()
    world.arming.arm(order, NOW)
    token = world.token()
    planted = [b"planted-secret", token.encode(), *(one.encode() for one in world.tokens_of(order)), order.frozen.key.hex().encode()]
    sqlite3.connect(world.data / "state" / "site.db").execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for file in (world.data / "state").iterdir():
        content = file.read_bytes()
        assert not any(secret in content for secret in planted), file
    with world.store.site.read() as connection:
        assert audit.broken_at(connection) is None


def test_answers_sealed_for_one_install_open_for_no_other_and_under_no_other_key(world: World) -> None:
    frozen = Frozen(seal.new_key(), ANSWERFILE, {"a": SCRIPT}, "token")
    sealed = seal.seal(frozen, "one", world.keys.seal)
    assert seal.unseal(sealed, "one", world.keys.seal) == frozen
    for other in (("two", world.keys.seal), ("one", seal.new_key())):
        with pytest.raises(PxeserveError, match="cannot be opened with this service's key"):
            seal.unseal(sealed, *other)
    assert "planted-secret" not in repr(frozen)

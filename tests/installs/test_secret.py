"""A random root password beside its install: told once, kept for a day by either clock, and gone for good. Clocks are set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from pxeserve.answerfile.scripts.names import ROTATION
from pxeserve.config import load
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.install import InstallState
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.installs import delivery, seal, secret
from pxeserve.installs.arming import Arming, Order
from pxeserve.installs.lapse import lapse
from pxeserve.installs.seal import Frozen
from pxeserve.installs.secret import Secret
from pxeserve.keys import Keys, load_keys
from pxeserve.store import Store, audit, installs, inventory, open_store
from pxeserve.store import tables as t
from tests.installs.clocks import SetClock

NOW, HOUR = 1_790_000_000.0, 3600.0
ADDRESS = IPv4Address("10.77.0.100")
ROOT, DELIVERED = "planted-root-password", "planted-delivered-one"


@dataclass
class World:
    store: Store
    keys: Keys
    data: Path
    host: Host
    clock: SetClock
    frozen: Frozen

    def arm(self, kept: Secret, now: float = NOW) -> None:
        config = load(env={}, overrides={"server": {"data": str(self.data)}})
        order = Order(self.host, None, "fresh", False, True, self.frozen, "tester", secret=kept)
        Arming(self.store, self.keys, config, clock=self.clock).arm(order, now)

    def row(self) -> installs.InstallRow:
        with self.store.site.read() as connection:
            found = installs.newest_of(connection, self.host.id)
        assert found is not None
        return found

    def become(self, state: InstallState, delivered: float | None = NOW) -> None:
        with self.store.site.write() as connection:
            assert installs.advance(connection, self.row(), {"state": state, "delivered_at": delivered})

    def reveal(self, now: float = NOW) -> Secret:
        return secret.reveal(self.store, self.keys, self.host.id, "xen01", "tester", now, clock=self.clock)[0]

    def report(self, said: str, now: float = NOW) -> bool:
        token = seal.token(self.frozen.key, "progress")
        return delivery.progress(self.store, self.keys, token, said, ADDRESS, now)

    def told(self) -> list[tuple[str, dict[str, object]]]:
        with self.store.site.read() as connection:
            return [(row.kind, row.data) for row in connection.execute(t.install_event.select().order_by(t.install_event.c.id))]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = open_store(tmp_path, migrate=True)
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        host = Host(0, "xen01", ("52:54:00:77:00:01",), "rack")
        host = replace(host, id=inventory.put_host(connection, host))
    frozen = Frozen(seal.new_key(), b"<installation/>", {"hook": b"#!/bin/sh\n"})
    yield World(store, load_keys(tmp_path), tmp_path, host, SetClock(), frozen)
    store.close()


def test_it_is_told_once(world: World) -> None:
    world.arm(Secret(ROOT))
    assert world.reveal() == Secret(ROOT)
    with pytest.raises(NotFoundError, match="no root password of xen01 is kept"):
        world.reveal()
    with world.store.site.read() as connection:
        lines = connection.execute(t.audit.select()).all()
        assert audit.broken_at(connection) is None
    assert [(line.actor, line.action, line.object) for line in lines][-1] == ("tester", "host.password", "xen01")
    assert "install.password-shown" in [kind for kind, _ in world.told()]


def test_two_who_ask_at_once_do_not_both_get_it(world: World) -> None:
    """The second one read the row before the first one changed it."""
    world.arm(Secret(ROOT))
    before = world.row()
    assert world.reveal() == Secret(ROOT)
    with world.store.site.write() as connection:
        assert not installs.advance(connection, before, {"secret": None})


@pytest.mark.parametrize("hours", [24, 25, 24 * 365])
def test_after_a_day_it_is_gone(world: World, hours: int) -> None:
    world.arm(Secret(ROOT, DELIVERED))
    with pytest.raises(NotFoundError):
        world.reveal(NOW + hours * HOUR)
    lapse(world.store, NOW + hours * HOUR, clock=world.clock)
    assert world.row().secret is None
    with pytest.raises(NotFoundError):
        world.reveal(NOW)


def test_until_then_it_is_kept_whatever_lapses(world: World) -> None:
    world.arm(Secret(ROOT))
    world.become(InstallState.INSTALLING)
    lapse(world.store, NOW + 24 * HOUR - 1, clock=world.clock)
    assert world.row().sealed is None, "what is frozen is gone after four hours"
    assert world.reveal(NOW + 24 * HOUR - 1) == Secret(ROOT)


def test_a_wall_clock_that_is_set_back_keeps_nothing_longer(world: World) -> None:
    world.arm(Secret(ROOT))
    with pytest.raises(NotFoundError):
        world.reveal(NOW - HOUR)
    world.clock.seconds += 24 * HOUR
    with pytest.raises(NotFoundError):
        world.reveal(NOW + 1)
    lapse(world.store, NOW + 1, clock=world.clock)
    assert world.row().secret is None


@pytest.mark.parametrize("state", [InstallState.ARMED, InstallState.BOOTING])
def test_with_an_install_that_no_machine_got_it_goes_at_once(world: World, state: InstallState) -> None:
    world.arm(Secret(ROOT))
    world.become(state, delivered=None)
    config = load(env={}, overrides={"server": {"data": str(world.data)}})
    Arming(world.store, world.keys, config, clock=world.clock).cancel(world.host, "tester", NOW + 1)
    assert world.row().secret is None


@pytest.mark.parametrize("end", ["done", "failed"])
def test_it_stays_when_the_installation_is_over(world: World, end: str) -> None:
    world.arm(Secret(ROOT))
    world.become(InstallState.INSTALLING)
    assert world.report(end)
    assert world.row().sealed is None
    assert world.reveal() == Secret(ROOT)


def test_the_delivered_one_is_told_only_when_nobody_said_that_it_was_replaced(world: World) -> None:
    world.arm(Secret("", DELIVERED))
    world.become(InstallState.INSTALLING)
    with pytest.raises(NotFoundError):
        world.reveal()   # the hook may still come
    assert world.report("done")
    assert world.reveal() == Secret("", DELIVERED)


def test_the_other_one_may_be_asked_for_while_the_hook_has_not_come(world: World) -> None:
    world.arm(Secret(ROOT, DELIVERED))
    world.become(InstallState.INSTALLING)
    assert world.reveal() == Secret(ROOT)
    assert world.report("done")
    assert world.reveal() == Secret("", DELIVERED)


def test_once_it_was_replaced_the_delivered_one_is_worth_nothing(world: World) -> None:
    world.arm(Secret(ROOT, DELIVERED))
    world.become(InstallState.INSTALLING)
    for _ in range(2):   # hooks run twice when people reboot in the middle
        assert world.report(f"{ROTATION}=0")
    assert world.report("done")
    assert world.reveal() == Secret(ROOT)


@pytest.mark.parametrize("status", ["1", "not-fetched", "changed", "255"])
def test_a_hook_that_failed_leaves_it(world: World, status: str) -> None:
    world.arm(Secret("", DELIVERED))
    world.become(InstallState.INSTALLING)
    assert world.report(f"{ROTATION}={status}")
    assert world.report("done")
    assert world.reveal() == Secret("", DELIVERED)


def test_how_each_script_ended_goes_into_the_record(world: World) -> None:
    world.arm(Secret())
    world.become(InstallState.INSTALLING)
    for name, status in (("one.sh", "0"), ("two.sh", "3"), ("two.sh", "3"), ("three.sh", "not-fetched")):
        assert world.report(f"filesystem-populated.1.{name}={status}")
    told = [(kind, data["script"], data["status"]) for kind, data in world.told() if kind.startswith("install.script")]
    assert told == [
        ("install.script-done", "filesystem-populated.1.one.sh", "0"),
        ("install.script-failed", "filesystem-populated.1.two.sh", "3"),   # once a minute
        ("install.script-failed", "filesystem-populated.1.three.sh", "not-fetched"),
    ]
    assert world.row().state is InstallState.INSTALLING


@pytest.mark.parametrize(
    "said",
    [
        "", "wiped", "filesystem-populated.1.x=", "=0", "filesystem-populated.1.x=1000", "filesystem-populated.1.x=no", "x=0",
        "filesystem-populated.1../x=0", "filesystem-populated.1.x\n=0", "a" * 300 + ".1.x=0",
    ],
)  # fmt: skip
def test_what_no_hook_says_is_refused(world: World, said: str) -> None:
    world.arm(Secret())
    world.become(InstallState.INSTALLING)
    assert not delivery.is_report(said)
    assert not world.report(said)


def test_reports_want_a_live_install_and_its_own_token(world: World) -> None:
    world.arm(Secret("", DELIVERED))
    assert not world.report(f"{ROTATION}=0"), "nothing was delivered yet"
    world.become(InstallState.INSTALLING)
    wrong = seal.token(seal.new_key(), "progress")
    assert not delivery.progress(world.store, world.keys, wrong, f"{ROTATION}=0", ADDRESS, NOW)
    assert not world.report(f"{ROTATION}=0", NOW + 5 * HOUR)
    assert world.report(f"{ROTATION}=0")


def test_no_plain_text_lies_anywhere(world: World) -> None:
    world.arm(Secret(ROOT, DELIVERED))
    world.become(InstallState.INSTALLING)
    world.report("filesystem-populated")
    assert ROOT not in repr(Secret(ROOT, DELIVERED)) + repr(world.row())
    world.reveal()
    found = b"".join(path.read_bytes() for path in world.data.rglob("*") if path.is_file())
    assert ROOT.encode() not in found
    assert DELIVERED.encode() not in found


def test_what_is_sealed_opens_for_no_other_install(world: World) -> None:
    sealed = secret.sealed(Secret(ROOT), "one", world.keys)
    assert sealed is not None
    for purpose in ("one", "two:secret"):
        with pytest.raises(PxeserveError, match="cannot be opened"):
            seal.opened(sealed, purpose, world.keys.seal)
    assert secret.sealed(Secret(), "one", world.keys) is None

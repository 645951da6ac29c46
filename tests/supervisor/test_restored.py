"""An older copy of the state, put back: what was ended since then does not come back to life, and it is told."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from pxeserve.accounts import tokens
from pxeserve.accounts.reception import Reception
from pxeserve.domain.host import Host, Profile
from pxeserve.domain.install import InstallState
from pxeserve.domain.pool import Member, Pool
from pxeserve.domain.role import Role
from pxeserve.events import restoring
from pxeserve.events.ledger import Ledger
from pxeserve.keys import load_keys
from pxeserve.moment import SYSTEM
from pxeserve.store import Store, accounts, audit, events, inventory, open_store, pools, recoveries, witness
from pxeserve.store.recoveries import RecoveryRow
from pxeserve.supervisor import prepare
from tests.console import people
from tests.installs.world import World

HERE = "192.0.2.7"


class House:
    """A data folder, of which a copy is kept: of the state alone, as people save it."""

    def __init__(self, data: Path) -> None:
        (data / "run").mkdir(parents=True)
        self.data, self.copy = data, data.with_name("copy")
        self.start()
        with self.store.site.write() as connection:
            inventory.put_profile(connection, Profile(0, "rack-a"))
            inventory.put_host(connection, Host(0, "xen01", ("52:54:00:77:00:01",), "rack-a"))
        self.world = World(self.store, load_keys(data), data)
        self.world.arming.arm(self.world.order(), time.time())
        self.session, self.token = people.session(self.store, Role.ADMIN), people.token(self.store, Role.OPERATOR)
        witness.keep(self.store, data)

    def start(self) -> None:
        """As a start of the service does before it serves."""
        prepare.fill(self.data)
        self.store: Store = open_store(self.data)
        self.reception = Reception(self.store, self.data)

    def save(self) -> None:
        self.store.close()
        shutil.copytree(self.data / "state", self.copy)
        self.start()

    def restore(self) -> None:
        self.store.close()
        shutil.rmtree(self.data / "state")
        shutil.copytree(self.copy, self.data / "state")
        self.start()

    def goes_on(self) -> None:
        """The token is revoked, and the witness follows."""
        with self.store.site.write() as connection:
            row = accounts.tokens(connection)[0]
            tokens.revoke(connection, row, "anna", SYSTEM.now())
            audit.append(connection, time.time(), "anna", "token.revoke", row.id[:6])
        assert witness.keep(self.store, self.data)

    def lives(self) -> tuple[bool, bool, InstallState]:
        world = World(self.store, load_keys(self.data), self.data)
        session, token = self.reception.by_session(self.session), self.reception.by_token(self.token, HERE)
        return session is not None, token is not None, world.state

    def lines(self) -> list[dict[str, Any]]:
        with self.store.site.read() as connection:
            assert audit.chain(connection).broken_at is None
            return audit.lines(connection, audit.Wanted(action="state.restored"), 10)


@pytest.fixture
def house(tmp_path: Path) -> Any:
    house = House(tmp_path / "data")
    yield house
    house.store.close()


def test_what_was_revoked_since_stays_so_sessions_end_and_armings_lapse(house: House) -> None:
    house.save()
    assert house.lives() == (True, True, InstallState.ARMED)
    house.goes_on()
    house.restore()
    assert house.lives() == (False, False, InstallState.LAPSED)
    (line,) = house.lines()
    assert "older than it was" in line["result"]
    assert "1 sessions ended, 1 tokens revoked, 1 armings lapsed" in line["result"]
    restoring.tell(house.store, Ledger(house.store), time.time())
    restoring.tell(house.store, Ledger(house.store), time.time())
    with house.store.events.read() as connection:
        found = [row for row in events.latest(connection, events.Wanted(), 100) if row.kind == "state.restored"]
    assert len(found) == 1


def test_a_recovery_that_went_on_by_itself_waits_for_people(house: House) -> None:
    """Its next step could be to arm a host that was brought back since."""
    with house.store.site.write() as connection:
        host = inventory.host(connection, "xen01")
        assert host is not None
        pool = pools.save(connection, Pool("rack-c", "xen01", (Member("xen01"),)))
        row = RecoveryRow("r1", host.id, pool, "member", False, "running", {}, [], 0, "", "", None, "anna", 1.0, 1.0, 1)
        recoveries.add(connection, row)
    house.save()
    house.goes_on()
    house.restore()
    with house.store.site.read() as connection:
        found = recoveries.by_id(connection, "r1")
        assert found is not None
        assert (found.state, found.because) == ("stopped", "the state was put back from a copy")
        assert not recoveries.running(connection)
    assert "1 recoveries stopped" in house.lines()[0]["result"]


def test_a_state_that_goes_on_where_it_was_is_left_alone(house: House) -> None:
    for _ in range(2):
        house.store.close()
        house.start()
    assert house.lives() == (True, True, InstallState.ARMED)
    assert house.lines() == []


def test_a_state_that_came_here_without_its_witness_keeps_its_tokens_alone(house: House) -> None:
    (house.data / "run" / witness.FILE).unlink()
    house.store.close()
    house.start()
    assert house.lives() == (False, True, InstallState.LAPSED)
    (line,) = house.lines()
    assert "nobody can say how old" in line["result"]


def test_it_is_told_once_and_not_at_every_start(house: House) -> None:
    house.save()
    house.goes_on()
    house.restore()
    house.store.close()
    house.start()
    assert len(house.lines()) == 1


def test_an_emptied_state_is_told_too(house: House) -> None:
    house.goes_on()
    house.store.close()
    shutil.rmtree(house.data / "state")
    house.start()
    (line,) = house.lines()
    assert "ends at 0" in line["result"]

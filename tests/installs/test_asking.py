"""Who asks for an armed host's menu, and what proves it."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address

import pytest

from pxeserve.domain.install import InstallState
from pxeserve.installs.arming import BootDenied, BootGrant
from pxeserve.store import leases
from pxeserve.store import tables as t
from tests.installs.world import HOUR, MAC, MINE, NOW, OTHER_MAC, SECOND, STRANGE, THIRD, World


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

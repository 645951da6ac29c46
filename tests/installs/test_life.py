"""The life of an install, told on a real store with clocks that are set by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.install import OPEN_STATES, InstallState
from pxeserve.errors import ConflictError, RefusedError
from pxeserve.installs import delivery, rehearsal, seal
from pxeserve.installs.arming import BootDenied, BootGrant
from pxeserve.installs.lapse import lapse
from pxeserve.installs.seal import Frozen
from pxeserve.installs.states import ENDED, TABLE, Happening, after, diagram
from pxeserve.installs.subject import subject
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import inventory
from tests.installs.clocks import SetClock
from tests.installs.world import ANSWERFILE, HOUR, MINE, NOW, SCRIPT, SECOND, STRANGE, World

# --- the table ---


@pytest.mark.parametrize(
    "changed", [{"macs": ("52:54:00:77:00:99",)}, {"uuid": "7e57ab1e-0000-4000-8000-000000000001"}, {"serial": "CZ3040ABCD"}]
)
def test_a_host_that_became_another_machine_while_it_was_prepared_is_not_armed(world: World, changed: dict[str, Any]) -> None:
    """Preparing a rack takes a minute; the machine behind a new card is none that anybody looked at."""
    order = world.order()
    with world.store.site.write() as connection:
        inventory.put_host(connection, replace(order.host, **changed))
    with pytest.raises(ConflictError, match="xen01 has other cards now, another UUID or serial number, or is gone"):
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

"""Many at once, a process that dies between two steps, and secrets that nobody reads in the store."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pxeserve.domain.install import InstallState
from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.installs import seal
from pxeserve.installs.arming import BootDenied
from pxeserve.installs.seal import Frozen
from pxeserve.installs.subject import subject
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import audit, installs
from tests.installs.world import ANSWERFILE, HOUR, MAC, MINE, NOW, SCRIPT, World


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

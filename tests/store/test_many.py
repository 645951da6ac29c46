"""Reads for many hosts at once: no more than was asked for, and the same as one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pxeserve.domain.host import Host, Profile
from pxeserve.domain.install import InstallState
from pxeserve.store import Store, asking, events, installs, inventory, open_store
from pxeserve.store import tables as t

MACS = [f"52:54:00:77:00:{number:02x}" for number in range(5)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path, migrate=True)
    yield made
    made.close()


def row(mac: str | None, at: float) -> dict[str, Any]:
    return {
        "at": at, "kind": "tftp.transfer", "host": None, "mac": mac, "address": None, "install": None, "session": None, "text": "",
        "data": {"n": at}, "outbox_id": None, "steady": at,
    }  # fmt: skip


def told(store: Store, *rows: dict[str, Any]) -> None:
    with store.events.write() as connection:
        events.add(connection, rows)


def test_the_last_events_of_each_card_and_of_no_other(store: Store) -> None:
    told(store, *(row(mac, float(at)) for at in range(10) for mac in (*MACS, None)))
    told(store, row(MACS[1], 99.0))
    with store.events.read() as connection:
        found = events.tails(connection, {MACS[0]: 0.0, MACS[1]: 0.0, "52:54:00:00:00:00": 0.0}, 3)
        assert events.tails(connection, {}, 3) == []
        assert len(events.tails(connection, {MACS[0]: 0.0}, 1000)) == 10
        later = events.tails(connection, {MACS[0]: 8.0, MACS[1]: 99.0}, 3)
        assert [(one.mac, one.at) for one in later] == [(MACS[0], 8.0), (MACS[0], 9.0), (MACS[1], 99.0)]
        assert events.last_heard(connection, [*MACS[:2], "52:54:00:00:00:00"]) == {MACS[0]: 9.0, MACS[1]: 99.0}
    assert [(one.mac, one.at) for one in found] == [
        (MACS[0], 7.0), (MACS[0], 8.0), (MACS[1], 8.0), (MACS[0], 9.0), (MACS[1], 9.0), (MACS[1], 99.0),
    ]  # fmt: skip
    assert found[0].data == {"n": 7.0}


def test_they_are_found_by_the_index_and_not_by_reading_the_record(store: Store) -> None:
    with store.events.read() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {asking.TAILS.on(connection.dialect).replace('?', '1')}")).all()
    steps = [one[3] for one in plan]
    assert not any(step.startswith("SCAN event") for step in steps), steps
    assert any("event_mac" in step for step in steps)


def test_a_machines_last_menus_are_found_by_an_index_of_their_own(store: Store) -> None:
    """Behind them lie an installation's thousands of files."""
    menu = {**row(MACS[0], 1.0), "kind": "boot.menu"}
    told(store, menu, {**menu, "at": 2.0}, {**menu, "mac": MACS[1]}, {**menu, "kind": "boot.menu-odd"})
    told(store, *(row(MACS[0], 3.0) for _ in range(50)))
    with store.events.read() as connection:
        assert [one.at for one in events.menus(connection, MACS[0], 10)] == [1.0, 2.0]
        assert [one.at for one in events.menus(connection, MACS[0], 1)] == [2.0]
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {asking.MENUS.on(connection.dialect).replace('?', '1')}")).all()
    assert any("event_menu" in one[3] for one in plan), plan


def test_every_card_that_was_heard_is_named_once_and_no_more_than_asked_for(store: Store) -> None:
    with store.events.read() as connection:
        assert events.macs_heard(connection, 10) == []
    told(store, *(row(mac, 1.0) for mac in (*MACS, *MACS, None)))
    with store.events.read() as connection:
        assert events.macs_heard(connection, 10) == MACS
        assert events.macs_heard(connection, 2) == MACS[:2]
        assert events.last_heard(connection, [MACS[0], "52:54:00:00:00:00"]) == {MACS[0]: 1.0}


def test_newest_installs_of_all_are_those_of_each_without_what_is_sealed(store: Store) -> None:
    with store.site.write() as connection:
        inventory.put_profile(connection, Profile("rack"))
        ids = [inventory.put_host(connection, Host(0, f"h{n}", (mac,), "rack")) for n, mac in enumerate(MACS)]
        for number, host_id in enumerate(ids[:4]):
            for nth in range(number + 1):
                state = "armed" if nth == number and number % 2 else "done"
                _install(connection, f"i{number}{nth}", host_id, 100.0 + nth, state, rehearsal=None)
            _install(connection, f"r{number}", host_id, 999.0, "armed", rehearsal="02:00:00:00:00:01")
        found = installs.newest_by_host(connection)
        light = {host_id: installs.Newest(*(getattr(one, name) for name in installs.Newest._fields)) for host_id, one in found.items()}
        assert installs.newest(connection) == light
        assert {host_id: one.id for host_id, one in found.items()} == {ids[0]: "i00", ids[1]: "i11", ids[2]: "i22", ids[3]: "i33"}
        each = {host_id: installs.newest_of(connection, host_id) for host_id in ids[:4]}
        assert all(one is not None and one.id == found[host_id].id and one.sealed for host_id, one in each.items())
        assert all(one.sealed is None and one.secret is None for one in found.values())
        assert set(installs.newest_by_host(connection, ids[:2])) == set(ids[:2])
        assert installs.live(connection, ids) == {ids[1]: InstallState.ARMED, ids[3]: InstallState.ARMED}
        assert installs.last_done(connection) == {ids[0]: 1100.0, ids[1]: 1100.0, ids[2]: 1102.0, ids[3]: 1102.0}
        assert installs.last_done(connection, [ids[2], ids[4]]) == {ids[2]: 1102.0}


def _install(connection: Any, name: str, host_id: int, at: float, state: str, *, rehearsal: str | None) -> None:
    ended = at + 1000 if state == "done" else None
    values: dict[str, Any] = {
        "id": name, "host_id": host_id, "rehearsal_mac": rehearsal, "mode": "fresh", "interactive": False, "wants_answerfile": True,
        "state": state, "version": 0, "armed_by": "x", "armed_at": at, "armed_boot_id": "x", "armed_boottime": 0.0, "expires": at + 9,
        "sealed": b"sealed", "secret": b"s", "ended_at": ended,
    }  # fmt: skip
    connection.execute(t.install.insert().values(**values))

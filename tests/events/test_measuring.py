"""How long stages took, from a record with real installs to the medians beside the next one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from pxeserve.events.ledger import Ledger
from pxeserve.events.measuring import Measuring
from pxeserve.events.record import Event
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context
from pxeserve.store import tables as t
from pxeserve.store import times
from pxeserve.timeline.medians import Median, medians

NOW = 1_800_000_000.0
MAC = "52:54:00:77:00:01"


def install(room: Any, name: str, at: float, packages: float, state: str = "done", until: str = "disk") -> None:
    """An install of `xen01` from epoch second `at` on, whose packages take so many seconds; its row in the site's state and its events."""
    row = {
        "id": name, "host_id": 1, "mode": "fresh", "interactive": False, "wants_answerfile": True, "state": state, "version": 9,
        "armed_by": "root", "armed_at": at, "armed_boot_id": "x", "armed_boottime": 0.0, "expires": at + 3600, "address_changes": 0,
        "deliveries": 1, "ended_at": at + 200 + packages if state in ("done", "failed") else None,
    }  # fmt: skip
    with room.store.site.write() as connection:
        connection.execute(insert(t.install).values(row))
    end = at + 100 + packages
    told = [
        Event("install.armed", at, host="xen01", install=name, data={"mode": "fresh", "medium": "xs"}),
        Event("dhcp.offer", at + 10, mac=MAC, session=f"s{name}", data={"file": "x"}),
        Event("tftp.transfer", at + 20, mac=MAC, session=f"s{name}", data={"file": "m/xs/install.img", "outcome": "done", "bytes": 9}),
        Event("http.answerfile", at + 50, mac=MAC, install=name, data={"outcome": "delivered"}),
        _package(1, at + 90),
    ]
    if state != "installing":
        told += [
            _package(2, at + 90 + packages),
            Event(f"install.{state}", end, host="xen01", install=name, data={"because": "it said so"}),
        ]
    if until == "disk":
        told += [
            Event("dhcp.offer", end + 60, mac=MAC, session=f"d{name}"),
            Event("boot.menu", end + 61, mac=MAC, session=f"d{name}", data={"target": "own-disk", "because": []}),
        ]
    Ledger(room.store).write(told)


def _package(number: int, at: float) -> Event:
    data = {"medium": "xs", "path": f"{number}.rpm", "outcome": "done", "bytes": 9, "seconds": 0.0, "package": number, "packages": 2}
    return Event("http.file", at, mac=MAC, data=data)


def kept(room: Any, name: str) -> Any:
    with room.store.events.read() as connection:
        return times.known(connection, [name]).get(name)


def test_an_ended_install_is_written_down_once_with_its_stages(room: Any) -> None:
    install(room, "one", NOW, 250.0)
    measuring = Measuring(room.store)
    assert measuring.measure(NOW + 1000) == 1
    row = kept(room, "one")
    assert (row.host, row.profile, row.done) == ("xen01", "rack-a", True)
    assert row.stages["packages"] == pytest.approx(250.0)
    assert row.stages["installer boots"] == pytest.approx(30.0)
    assert row.stages["restart"] == pytest.approx(60.0)
    assert "armed" not in row.stages
    assert "done" not in row.stages
    assert measuring.measure(NOW + 1000) == 0


def test_its_restart_is_waited_for_half_an_hour(room: Any) -> None:
    install(room, "one", NOW, 250.0, until="done")
    measuring = Measuring(room.store)
    assert [measuring.measure(NOW + 451), measuring.measure(NOW + 500), measuring.measure(NOW + 450 + 1800)] == [1, 1, 0]
    assert "restart" not in kept(room, "one").stages
    Ledger(room.store).write([Event("boot.menu", NOW + 500, mac=MAC, session="d", data={"target": "own-disk", "because": []})])
    assert measuring.measure(NOW + 600) == 1
    assert kept(room, "one").stages["restart"] == pytest.approx(500 - 350)
    assert measuring.measure(NOW + 601) == 0


def test_what_is_pruned_from_the_record_stays_known(room: Any) -> None:
    for number, packages in enumerate((100.0, 300.0, 200.0)):
        install(room, f"i{number}", NOW + number * 10_000, packages)
    install(room, "bad", NOW + 40_000, 5.0, state="failed")
    assert Measuring(room.store).measure(NOW + 50_000) == 4
    assert Ledger(room.store, keep_events=0).prune(NOW + 50_000)
    install(room, "now", NOW + 60_000, 0.0, state="installing", until="packages")
    answer = registry.call(
        Context(room.serving.config, room.store, Actor("root"), lambda _: None, None), "timeline", {"host": "xen01"}
    )  # fmt: skip
    (story,) = answer["installs"]
    stage = next(one for one in story["stages"] if one["name"] == "packages")
    assert stage["median"] == {"seconds": 200.0, "of": 3}
    assert stage["detail"] == "1 of 2"


def test_only_the_newest_are_kept(room: Any) -> None:
    with room.store.events.write() as connection:
        for number in range(5):
            times.put(connection, times.TimeRow(f"i{number}", "xen01", "rack-a", NOW + number, number != 3, {"packages": 1.0}))
        times.prune(connection, keep=4)
        assert [one.install for one in times.earlier(connection, "rack-a", NOW + 4, 10)] == ["i2", "i1"]
        assert times.earlier(connection, "rack-b", NOW + 9, 10) == []


def test_medians() -> None:
    found = medians([{"packages": 1.0, "disks": 5.0}, {"packages": 3.0}, {"packages": 10.0}, {}])
    assert found == {"packages": Median(3.0, 3), "disks": Median(5.0, 1)}

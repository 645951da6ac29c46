"""A timeline reads many packages in a row as three rows, and tells what it would have told of each of them."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from typing import Any

import pytest

from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.store import events as stored
from pxeserve.store import tables as t
from pxeserve.store.events import EventRow, Wanted
from pxeserve.store.stretches import FIGURES, shortened
from pxeserve.timeline.reading import read

NOW = 1_800_000_000.0
MAC, OTHER_MAC = "52:54:00:77:00:01", "52:54:00:77:00:02"
CUT = {"medium": "disc", "path": "x", "outcome": "cut"}
HOST = Wanted(host="xen01")


def package(number: int, at: float, mac: str | None = MAC, install: str | None = "i1", **more: Any) -> Event:
    data = {
        "medium": "disc", "path": f"p-{number}.rpm", "status": 200, "bytes": 1000 + number, "total": 1000 + number,
        "seconds": 0.031 * number, "outcome": "done", "package": number, "packages": 480, **more,
    }  # fmt: skip
    return Event("http.file", at, f"disc/p-{number}.rpm", host="xen01", mac=mac, install=install, data=data)


def both(room: Any, wanted: Wanted = HOST, limit: int = stored.MOST) -> tuple[list[EventRow], list[EventRow]]:
    """All rows, and the shortened ones."""
    with room.store.events.read() as connection:
        return stored.latest(connection, wanted, limit), shortened(connection, wanted, limit)


def told(rows: list[EventRow]) -> Any:
    """The timeline; sums of seconds differ in their last bits by the order in which they were added."""
    return json.loads(json.dumps(asdict(read("xen01", rows, NOW + 1e6))), parse_float=lambda number: round(float(number), 4))


def agree(rows: list[EventRow], short: list[EventRow]) -> None:
    assert sum(row.times for row in short) == len(rows)
    whole = [row for row in short if row.times == 1]
    assert whole == [row for row in rows if row in whole]
    assert told(short) == told(rows)


def test_hundreds_of_packages_are_three_rows_that_tell_the_same(room: Any) -> None:
    events = [Event("install.armed", NOW, host="xen01", install="i1", data={"mode": "fresh"})]
    events += [package(number, NOW + number) for number in range(1, 301)]
    events += [Event("http.progress", NOW + 400, "done", host="xen01", mac=MAC, install="i1", data={"stage": "done"})]
    Ledger(room.store).write(events)
    rows, short = both(room)
    agree(rows, short)
    assert [row.times for row in short] == [1, 1, 298, 1, 1]
    assert short[2].data is not None
    assert short[2].data["bytes"] == sum(1000 + number for number in range(2, 300))


def test_what_is_not_of_one_machine_and_one_installation_is_read_one_by_one(room: Any) -> None:
    for apart in ({"mac": OTHER_MAC}, {"mac": None}, {"install": "i2"}, {"install": None}):
        Ledger(room.store).write([package(number, NOW + number, **(apart if number % 2 else {})) for number in range(1, 100)])
        rows, short = both(room, Wanted(host="xen01", since=both(room)[0][-1].id - 99))
        agree(rows, short)
        assert len(short) == 99


@pytest.mark.parametrize("more", [
    {"bytes": -1}, {"bytes": 1 << 60}, {"bytes": "9"}, {"bytes": True}, {"package": None}, {"package": "1"}, {"packages": None},
    {"seconds": None}, {"seconds": "1"}, {"outcome": "cut"},
])  # fmt: skip
def test_what_is_no_package_as_it_should_be_has_no_figures(room: Any, more: dict[str, Any]) -> None:
    Ledger(room.store).write([package(1, NOW, **more)])
    with room.store.events.read() as connection:
        (row,) = connection.execute(t.event.select())
    assert [getattr(row, name) for name in FIGURES] == [None] * 4


def test_rows_of_an_older_release_are_read_one_by_one(room: Any) -> None:
    Ledger(room.store).write([package(number, NOW + number) for number in range(1, 100)])
    with room.store.events.write() as connection:
        connection.execute(t.event.update().where(t.event.c.id < 40).values(dict.fromkeys(FIGURES)))
    rows, short = both(room)
    agree(rows, short)
    assert [row.times for row in short] == [1] * 40 + [58, 1]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_lies_between_packages_the_same_is_told(room: Any, seed: int) -> None:
    """Other hosts', other cards', hooks, failures, reboots, a clock that was set back; any limit, and any piece of the record."""
    chance = random.Random(seed)
    events, at = [Event("install.armed", NOW, host="xen01", install="i1", data={"mode": "fresh"})], NOW
    for turn in range(chance.randint(3, 9)):
        mac, install = chance.choice([MAC, MAC, OTHER_MAC]), f"i{turn // 3}"
        for number in range(1, chance.choice([3, 12, 13, 24, 25, 60, 200])):
            at += chance.choice([0.0, 0.4, 0.4, -0.2])
            events.append(package(number, at, mac, install, outcome="cut" if chance.random() < 0.003 else "done"))
        at += 1
        events.append(
            chance.choice([
                Event("http.progress", at, "stage", host="xen01", mac=mac, install=install, data={"stage": "packages-installed"}),
                Event("dhcp.offer", at, "offer", host="xen01", mac=mac, session=f"s{turn}", data={"file": "pxelinux.0"}),
                Event("install.armed", at, host="xen01", install=f"i{(turn + 1) // 3}", data={"mode": "fresh"}),
                Event("http.file", at, "cut", host="xen01", mac=mac, install=install, data=CUT),
                Event("http.file", at, "elsewhere", host="xen02", mac=mac, data=CUT),
            ])
        )  # fmt: skip
    Ledger(room.store).write(events)
    rows = both(room)[0]
    since, until = sorted(chance.sample(range(len(rows)), 2))
    for wanted in (HOST, Wanted(host="xen01", since=rows[since].id), Wanted(host="xen01", since=rows[since].id, until=rows[until].id)):
        for limit in (stored.MOST, len(rows), 100, 1):
            agree(*both(room, wanted, limit))

"""Reading the record: by host, MAC, kind and id, the oldest first."""

from __future__ import annotations

from typing import Any

from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.store import events as stored
from pxeserve.store.events import Wanted

NOW = 1_800_000_000.0


def fill(room: Any) -> None:
    kinds = ["dhcp.discover", "dhcp.ack", "tftp.transfer", "dhcpx.other", "install.armed"]
    Ledger(room.store).write(
        [
            Event(kind, NOW + number, host="xen01" if number % 2 else "xen02", mac=f"52:54:00:77:00:0{number}")
            for number, kind in enumerate(kinds)
        ]
    )


def kinds(room: Any, wanted: Wanted, limit: int = 100) -> list[str]:
    with room.store.events.read() as connection:
        return [row.kind for row in stored.latest(connection, wanted, limit)]


def test_everything_in_its_order_and_the_last_few(room: Any) -> None:
    fill(room)
    assert kinds(room, Wanted()) == ["dhcp.discover", "dhcp.ack", "tftp.transfer", "dhcpx.other", "install.armed"]
    assert kinds(room, Wanted(), 2) == ["dhcpx.other", "install.armed"]


def test_each_condition_narrows(room: Any) -> None:
    fill(room)
    assert kinds(room, Wanted(host="xen01")) == ["dhcp.ack", "dhcpx.other"]
    assert kinds(room, Wanted(mac="52:54:00:77:00:02")) == ["tftp.transfer"]
    assert kinds(room, Wanted(kind="dhcp")) == ["dhcp.discover", "dhcp.ack"]
    assert kinds(room, Wanted(kind="dhcp.ack")) == ["dhcp.ack"]
    assert kinds(room, Wanted(kind="%")) == []
    assert kinds(room, Wanted(from_time=NOW + 3)) == ["dhcpx.other", "install.armed"]
    assert kinds(room, Wanted(host="xen02", kind="dhcp")) == ["dhcp.discover"]


def test_reading_on_from_where_one_was(room: Any) -> None:
    assert kinds(room, Wanted()) == []
    fill(room)
    with room.store.events.read() as connection:
        first = stored.following(connection, Wanted(since=0), 3)
        rest = stored.following(connection, Wanted(since=first[-1].id), 3)
        assert stored.newest_id(connection) == rest[-1].id
        assert stored.following(connection, Wanted(since=rest[-1].id), 3) == []
    assert [row.kind for row in first + rest] == ["dhcp.discover", "dhcp.ack", "tftp.transfer", "dhcpx.other", "install.armed"]


def test_counters_by_minute(room: Any) -> None:
    with room.store.events.write() as connection:
        stored.add_counts(connection, {(10, "dhcp", "a"): 1, (12, "dhcp", "a"): 2, (11, "tftp", "b"): 3})
        stored.add_counts(connection, {(12, "dhcp", "a"): 5})
    with room.store.events.read() as connection:
        assert stored.counters(connection, 11) == [(11, "tftp", "b", 3), (12, "dhcp", "a", 7)]

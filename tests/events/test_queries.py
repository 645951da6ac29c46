"""Reading the record: by host, MAC, kind and id, the oldest first."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.store import events as stored
from pxeserve.store.events import EventRow, Wanted

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


def test_every_two_conditions_narrow_together_in_either_direction(room: Any) -> None:
    """Each way of asking is a statement of its own, and the values have to stand in its order."""
    fill(room)
    every = {"host": "xen02", "mac": "52:54:00:77:00:02", "kind": "tftp.*", "from_time": NOW + 2, "to_time": NOW + 2}
    with room.store.events.read() as connection:
        rows = stored.latest(connection, Wanted(), 100)
        own = rows[2].id
        every |= {"since": own - 1, "until": own + 1}
        for one, other in combinations(every, 2):
            wanted = Wanted(**{one: every[one], other: every[other]})
            found = [row.id for row in rows if _fits(row, wanted)]
            assert own in found
            assert [row.id for row in stored.latest(connection, wanted, 100)] == found
            assert [row.id for row in stored.following(connection, wanted, 100)] == found
            assert len(list(stored.facts(connection, wanted, [], 100))) == len(found)
        assert [row.id for row in stored.latest(connection, Wanted(**every, hosts=frozenset({"xen02"})), 9)] == [own]


def _fits(row: EventRow, wanted: Wanted) -> bool:
    return (
        wanted.host in (None, row.host)
        and wanted.mac in (None, row.mac)
        and (wanted.kind is None or row.kind.startswith(wanted.kind.removesuffix("*")))
        and (wanted.since is None or row.id > wanted.since)
        and (wanted.until is None or row.id < wanted.until)
        and (wanted.from_time or 0.0) <= row.at <= (wanted.to_time or NOW * 2)
    )


def test_a_figure_is_read_as_it_was_written_and_half_a_character_hides_no_other_event(room: Any) -> None:
    figures = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -0.0, 2**63 - 1, 1_800_000_000.123456]
    told = {"kind": "dhcp.ack", "at": NOW, "text": "", "data": {"figures": figures}}
    with room.store.events.write() as connection:
        stored.add(connection, [told, {**told, "data": {"name": "\ud800"}}])
    with room.store.events.read() as connection:
        whole = stored.latest(connection, Wanted(until=2), 10)
        both = stored.latest(connection, Wanted(), 10)
    assert repr([row.data for row in whole]) == repr([{"figures": figures}])
    assert [row.data for row in both] == [{"figures": figures}, {"name": "\ud800"}]


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

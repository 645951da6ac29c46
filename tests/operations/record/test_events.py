"""The record by verb: what people and programs may ask of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from pxeserve.domain.host import Host
from pxeserve.errors import PxeserveError
from pxeserve.events import traffic
from pxeserve.events.record import Event
from pxeserve.operations.context import Progress
from pxeserve.store import events as stored
from tests.operations.record.conftest import MAC, NOW, OTHER, Room


@pytest.fixture
def told(room: Room) -> Room:
    room.tell(Event("dhcp.discover", NOW, mac=MAC), Event("tftp.transfer", NOW + 1, mac=OTHER))
    return room


def test_events_are_given_oldest_first_and_narrowed(told: Room) -> None:
    assert [one["kind"] for one in told.ask("events")] == ["dhcp.discover", "tftp.transfer"]
    assert [one["kind"] for one in told.ask("events", host="xen01")] == ["dhcp.discover"]
    assert [one["kind"] for one in told.ask("events", mac=MAC.upper())] == ["dhcp.discover"]
    assert [one["kind"] for one in told.ask("events", kind="tftp")] == ["tftp.transfer"]
    assert [one["kind"] for one in told.ask("events", limit=1)] == ["tftp.transfer"]
    assert [one["kind"] for one in told.ask("events", since=1)] == ["tftp.transfer"]


def test_following_gives_what_comes_later(told: Room) -> None:
    following: Iterator[dict[str, Any]] = told.ask("events", follow=True, kind="dhcp")
    assert next(following)["kind"] == "dhcp.discover"
    told.tell(Event("install.armed", NOW + 2), Event("dhcp.ack", NOW + 3, mac=MAC))
    assert next(following)["kind"] == "dhcp.ack"


def test_a_racks_events_are_those_of_whoever_stands_in_it_when_they_come(told: Room) -> None:
    def put(name: str, number: int, rack: str, row: int | None = None) -> None:
        told.put(Host(number if row is None else row, name, (f"52:54:00:77:00:0{number}",), "rack-a", rack=rack))

    def happens(host: str) -> None:
        told.tell(Event("dhcp.ack", NOW, host=host))

    put("xen01", 1, "r1")
    put("xen02", 2, "r2", row=0)
    happens("xen02")
    following: Iterator[dict[str, Any]] = told.ask("events", follow=True, rack="r1")
    assert (next(following)["kind"]) == "dhcp.discover"
    happens("xen02")
    happens("xen01")
    assert (next(following)["host"]) == "xen01"
    put("xen02", 2, "r1")
    happens("xen02")
    assert (next(following)["host"]) == "xen02"
    put("xen01", 1, "r9")
    put("xen02", 2, "r9")
    happens("xen01")
    assert (next(following)["host"]) == "xen01"  # the rack is empty, and still it is followed
    with pytest.raises(PxeserveError, match="r1"):
        told.ask("events", rack="r1")


def test_one_installation_is_told_of_alone(told: Room) -> None:
    told.tell(Event("install.armed", NOW, install="a"), Event("install.done", NOW, install="b"))
    assert [one["kind"] for one in told.ask("events", install="b")] == ["install.done"]
    assert [one["kind"] for one in told.ask("events", kind="install.*")] == ["install.armed", "install.done"]
    assert told.ask("events.newest") == 4


def test_following_notices_that_its_asker_has_left(told: Room) -> None:
    def hang_up(_: Progress) -> None:
        raise BrokenPipeError

    following = told.reporting(hang_up, "events", follow=True, kind="nothing")
    with pytest.raises(BrokenPipeError):
        next(following)


@pytest.mark.parametrize(
    ("verb", "arguments", "says"),
    [
        ("events", {"host": "xen99"}, "there is no host xen99"),
        ("events", {"mac": "nonsense"}, "is not a MAC address"),
        ("events", {"limit": 0}, "limit"),
        ("event.page", {"rack": "r9"}, "r9"),
    ],
)
def test_what_cannot_be_asked_is_said(told: Room, verb: str, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(PxeserveError, match=says):
        told.ask(verb, **arguments)


def test_without_a_service_there_is_nothing_to_follow(told: Room) -> None:
    with pytest.raises(PxeserveError, match="nothing to follow"):
        told.unserved("events", follow=True)
    assert len(list(told.unserved("events"))) == 2


def test_counters_of_the_last_hour_are_summed_by_reason(room: Room) -> None:
    minute = int(time.time()) // 60
    counts = {
        (minute, "dhcp", "not-pxe"): 2, (minute - 59, "dhcp", "not-pxe"): 1, (minute - 61, "dhcp", "not-pxe"): 9,
        (minute, "dhcp", "no-subnet"): 1, (minute, traffic.SOURCE, traffic.DHCP): 40,
    }  # fmt: skip
    with room.store.events.write() as connection:
        stored.add_counts(connection, counts)
    assert room.ask("counters") == [
        {"source": "dhcp", "reason": "no-subnet", "count": 1},
        {"source": "dhcp", "reason": "not-pxe", "count": 3},
    ]


def test_traffic_is_told_by_the_minute_and_bytes_by_the_second(room: Room) -> None:
    minute = int(time.time()) // 60
    with room.store.events.write() as connection:
        stored.add_counts(connection, {(minute, traffic.SOURCE, traffic.DHCP): 40, (minute, traffic.SOURCE, traffic.HTTP): 6000})
    told = room.ask("traffic", minutes=10)
    last = {one["key"]: one["values"][-2:] for one in told["series"]}
    assert (told["span"], len(told["at"])) == (60, 10)
    assert 40 in last[traffic.DHCP] and 100 in last[traffic.HTTP]
    assert last[traffic.TFTP] == [0, 0]

"""The record by verb: what people and programs may ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pxeserve.domain.host import Host
from pxeserve.errors import PxeserveError
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context, Progress
from pxeserve.store import inventory

NOW = 1_800_000_000.0
MAC = "52:54:00:77:00:01"


def ask(room: Any, verb: str, *, served: bool = True, **arguments: Any) -> Any:
    recorder = room.recorder("console") if served else None
    return registry.call(Context(room.serving.config, room.store, Actor("root"), lambda _: None, recorder), verb, arguments)


@pytest.fixture
def told(room: Any) -> Any:
    Ledger(room.store).write([Event("dhcp.discover", NOW, mac=MAC), Event("tftp.transfer", NOW + 1, mac="52:54:00:99:99:99")])
    return room


def test_events_are_given_oldest_first_and_narrowed(told: Any) -> None:
    assert [one["kind"] for one in ask(told, "events")] == ["dhcp.discover", "tftp.transfer"]
    assert [one["kind"] for one in ask(told, "events", host="xen01")] == ["dhcp.discover"]
    assert [one["kind"] for one in ask(told, "events", mac=MAC.upper())] == ["dhcp.discover"]
    assert [one["kind"] for one in ask(told, "events", kind="tftp")] == ["tftp.transfer"]
    assert [one["kind"] for one in ask(told, "events", limit=1)] == ["tftp.transfer"]
    assert [one["kind"] for one in ask(told, "events", since=1)] == ["tftp.transfer"]


def test_following_gives_what_comes_later(told: Any) -> None:
    following: Iterator[dict[str, Any]] = ask(told, "events", follow=True, kind="dhcp")
    assert next(following)["kind"] == "dhcp.discover"
    Ledger(told.store).write([Event("install.armed", NOW + 2), Event("dhcp.ack", NOW + 3, mac=MAC)])
    assert next(following)["kind"] == "dhcp.ack"


def test_a_racks_events_are_those_of_whoever_stands_in_it_when_they_come(told: Any) -> None:
    def put(name: str, number: int, rack: str, row: int | None = None) -> None:
        with told.store.site.write() as connection:
            inventory.put_host(connection, Host(number if row is None else row, name, (f"52:54:00:77:00:0{number}",), "rack-a", rack=rack))

    def happens(host: str) -> None:
        Ledger(told.store).write([Event("dhcp.ack", NOW, host=host)])

    put("xen01", 1, "r1")
    put("xen02", 2, "r2", row=0)
    happens("xen02")
    following: Iterator[dict[str, Any]] = ask(told, "events", follow=True, rack="r1")
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
        ask(told, "events", rack="r1")


def test_one_installation_is_told_of_alone(told: Any) -> None:
    Ledger(told.store).write([Event("install.armed", NOW, install="a"), Event("install.done", NOW, install="b")])
    assert [one["kind"] for one in ask(told, "events", install="b")] == ["install.done"]
    assert [one["kind"] for one in ask(told, "events", kind="install.*")] == ["install.armed", "install.done"]
    assert ask(told, "events.newest") == 4


def test_following_notices_that_its_asker_has_left(told: Any) -> None:
    def hang_up(_: Progress) -> None:
        raise BrokenPipeError

    context = Context(told.serving.config, told.store, Actor("root"), hang_up, told.recorder("console"))
    following = registry.call(context, "events", {"follow": True, "kind": "nothing"})
    with pytest.raises(BrokenPipeError):
        next(following)


@pytest.mark.parametrize(
    ("verb", "arguments", "says"),
    [
        ("events", {"host": "xen99"}, "there is no host xen99"),
        ("events", {"mac": "nonsense"}, "is not a MAC address"),
        ("events", {"limit": 0}, "limit"),
        ("events", {"served": False, "follow": True}, "nothing to follow"),
        ("timeline", {"host": "xen99"}, "there is no host xen99"),
    ],
)
def test_what_cannot_be_asked_is_said(told: Any, verb: str, arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(PxeserveError, match=says):
        ask(told, verb, **arguments)


def test_a_hosts_timeline_is_its_boots(told: Any) -> None:
    timeline = ask(told, "timeline", host="xen01")
    assert (timeline["host"], timeline["state"], timeline["beside"]) == ("xen01", "idle", [])
    (boot,) = timeline["boots"]
    assert (boot["mac"], boot["began"], boot["reached"]) == (MAC, NOW, "asks")
    assert boot["lines"][0]["offset"] == 0.0
    assert boot["next"]["expected"]


def test_counters_of_the_last_hour_are_summed_by_reason(room: Any) -> None:
    recorder = room.recorder()
    recorder.count("not-pxe", 2)
    recorder.count("no-subnet")
    recorder.close()
    room.run_to_the_end(room.worker())
    assert ask(room, "counters") == [
        {"source": "dhcp", "reason": "no-subnet", "count": 1},
        {"source": "dhcp", "reason": "not-pxe", "count": 2},
    ]

"""What the record forgets, and what nobody can make it forget."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.config.outlets import RecordConfig
from pxeserve.domain.host import Host
from pxeserve.events import retention
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.events.retention import Retention
from pxeserve.store import events as stored
from pxeserve.store import inventory, webhooks
from pxeserve.store import retention as table
from pxeserve.store import tables as t

NOW = 1_800_000_000.0
DAY = 86_400.0


def kept(*, days: int = 90, events: int = 1_000_000, megabytes: int = 1_000_000) -> RecordConfig:
    return RecordConfig.model_construct(keep_days=days, keep_events=events, keep_megabytes=megabytes)


def forget(room: Any, what: RecordConfig, now: float = NOW) -> Retention:
    return again(Retention(room.store, what), now)


def again(one: Retention, now: float = NOW) -> Retention:
    one.begin()
    while one.step(now):
        pass
    return one


def texts(room: Any) -> list[str]:
    return [event.text for event in room.events()]


def write(room: Any, *events: Event) -> None:
    Ledger(room.store).write(events)


def install(room: Any, name: str, host: int = 1, *, ended: bool = True, at: float = NOW - 50) -> None:
    row = {
        "id": name, "host_id": host, "mode": "fresh", "interactive": False, "wants_answerfile": True, "state": "done" if ended else "armed",
        "version": 1, "armed_by": "root", "armed_at": at, "armed_boot_id": "b", "armed_boottime": 1.0, "expires": NOW + 60,
        "ended_at": at + 10 if ended else None,
    }  # fmt: skip
    with room.store.site.write() as connection:
        connection.execute(insert(t.install).values(row))


def a_whole_install(name: str, host: str = "xen01", at: float = NOW) -> list[Event]:
    return [
        Event("install.armed", at, f"{name} armed", host=host, install=name),
        Event("tftp.transfer", at + 1, f"{name} loader", host=host),
        Event("install.done", at + 2, f"{name} done", host=host, install=name),
        Event("dhcp.ack", at + 3, f"{name} first start", host=host),
    ]


def noise(count: int, host: str | None = "noisy") -> list[Event]:
    return [Event("dhcp.discover", NOW, f"noise {number}", host=host) for number in range(count)]


def test_the_newest_are_kept_and_old_ones_go(room: Any) -> None:
    write(room, *(Event("count", NOW - 10, str(number)) for number in range(5)))
    one = forget(room, kept(events=3, days=1))
    assert texts(room) == ["2", "3", "4"]
    with room.store.events.write() as connection:
        connection.execute(update(t.event).where(t.event.c.text == "3").values(at=NOW - DAY - 1))
        stored.add_counts(connection, {(1, "dhcp", "old"): 1, (int(NOW) // 60, "dhcp", "new"): 1})
    again(one)
    assert texts(room) == ["2", "4"]
    assert room.counts() == {("dhcp", "new"): 1}


def test_noise_does_not_push_out_what_a_quiet_hosts_last_install_did(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_AT_ONCE", 7)
    install(room, "first", at=NOW - 100)
    install(room, "second")
    write(room, *a_whole_install("first"), *noise(30), *a_whole_install("second"), *noise(60))
    forget(room, kept(events=10))
    said = texts(room)
    assert [one for one in said if not one.startswith("noise")] == [
        "second armed", "second loader", "second done", "second first start",
    ]  # fmt: skip
    assert len(said) == 14


def test_nor_does_time(room: Any) -> None:
    install(room, "first")
    write(room, Event("dhcp.ack", NOW - 200 * DAY, "before", host="xen01"), *a_whole_install("first", at=NOW - 190 * DAY), *noise(3))
    forget(room, kept(days=90))
    assert texts(room)[:2] == ["first armed", "first loader"]
    assert len(texts(room)) == 7


def test_what_a_new_install_takes_the_place_of_goes_when_it_is_due(room: Any) -> None:
    install(room, "first", at=NOW - 100)
    write(room, *a_whole_install("first"), *noise(20))
    one = forget(room, kept(events=10))
    assert len(texts(room)) == 14
    again(one)
    again(one)
    install(room, "second")
    write(room, *a_whole_install("second"), *noise(20))
    again(one)
    assert not [said for said in texts(room) if said.startswith("first")]
    assert [said for said in texts(room) if said.startswith("second")]


def test_a_host_that_is_gone_keeps_nothing(room: Any) -> None:
    install(room, "first")
    write(room, *a_whole_install("first"), *noise(20))
    one = forget(room, kept(events=10))
    with room.store.site.write() as connection:
        connection.execute(delete(t.host))
    again(one)
    assert len(texts(room)) == 10


def test_a_loop_keeps_the_newest_of_its_events_and_no_more(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_FLOOR", 5)
    install(room, "first")
    loop = [Event("dhcp.ack", NOW, f"loop {number}", host="xen01") for number in range(40)]
    write(room, a_whole_install("first")[0], *loop, *a_whole_install("first")[2:], *noise(50))
    forget(room, kept(events=10))
    assert [one for one in texts(room) if not one.startswith("noise")] == [
        "loop 37", "loop 38", "loop 39", "first done", "first first start",
    ]  # fmt: skip


def test_a_file_that_is_too_large_gives_up_noise_first_and_then_whatever_is_oldest(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_ALWAYS", 10)
    monkeypatch.setattr(retention, "_AT_ONCE", 50)
    monkeypatch.setattr(retention, "_IDLE", 0)
    install(room, "first")
    large = [Event("dhcp.ack", NOW, f"noise {number}", host="noisy", data={"x": "y" * 4000}) for number in range(600)]
    write(room, *a_whole_install("first"), *large)
    before = file_size(room)
    one = forget(room, kept(megabytes=1))
    assert "first armed" in texts(room)
    assert "noise 599" in texts(room)
    assert len(texts(room)) < 300
    write(room, *(Event("install.x", NOW, f"more {number}", "xen01", install="first", data={"x": "y" * 4000}) for number in range(600)))
    again(one)
    assert "first armed" not in texts(room)
    assert "more 599" in texts(room)
    assert file_size(room) < before  # and what it held is given back


def file_size(room: Any) -> int:
    with room.store.events.read() as connection:
        found = table.size(connection)
    return found.used + found.free


def test_what_a_webhook_has_not_been_told_yet_waits_for_it(room: Any) -> None:
    with room.store.events.write() as connection:
        webhooks.begin(connection, "chat")
    write(room, *noise(20))
    one = forget(room, kept(events=10))
    assert len(texts(room)) == 20
    with room.store.events.write() as connection:
        webhooks.change(connection, "chat", {"cursor": 5})
    again(one)
    assert len(texts(room)) == 15
    with room.store.events.write() as connection:
        webhooks.keep_only(connection, [])
    again(one)
    assert len(texts(room)) == 10


def test_a_disk_that_refuses_loses_no_place(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write(room, *noise(20))
    one = Retention(room.store, kept(events=10))
    one.begin()
    with monkeypatch.context() as patched:
        patched.setattr(table, "remove", _refuse)
        with pytest.raises(SQLAlchemyError):
            one.step(NOW)
    again(one)
    assert len(texts(room)) == 10


def _refuse(*_: object) -> None:
    raise SQLAlchemyError("disk full")


def test_the_worker_forgets_between_turns(room: Any) -> None:
    write(room, *noise(20))
    worker = room.worker(kept=kept(events=10))
    worker.turn()
    worker.turn()
    assert len(texts(room)) == 10


def test_a_file_of_an_older_release_learns_to_shrink(room: Any) -> None:
    path = room.data / "state" / "events.db"
    room.store.close()
    with closing(sqlite3.connect(path)) as old:
        old.executescript("PRAGMA auto_vacuum=NONE; VACUUM")
        assert old.execute("PRAGMA auto_vacuum").fetchone() == (0,)
    write(room, *noise(20))
    forget(room, kept())
    room.store.close()
    with closing(sqlite3.connect(path)) as new:
        assert new.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert len(texts(room)) == 20


_BATCHES = st.lists(
    st.one_of(
        st.tuples(st.just("noise"), st.sampled_from([None, "xen01", "xen02"]), st.integers(1, 12)),
        st.tuples(st.just("install"), st.sampled_from(["xen01", "xen02"]), st.just(0)),
        st.tuples(st.just("forget"), st.none(), st.just(0)),
    ),
    max_size=12,
)


@given(batches=_BATCHES, most=st.integers(1, 15))
@settings(max_examples=25)
def test_whatever_comes_in_whatever_order_the_newest_and_all_last_installs_are_there(
    batches: list[Any], most: int, make_room: Callable[[], Any]
) -> None:
    room = make_room()
    with room.store.site.write() as connection:
        inventory.put_host(connection, Host(0, "xen02", ("52:54:00:77:00:02",), "rack-a"))
    one = Retention(room.store, kept(events=most))
    hosts = {"xen01": 1, "xen02": 2}
    written: list[str] = []
    last: dict[str, str] = {}
    for number, (what, host, count) in enumerate(batches):
        if what == "noise":
            events = [Event("a", NOW, f"{number}.{index} {host}", host=host) for index in range(count)]
        elif what == "install":
            install(room, f"i{number}", hosts[host], at=NOW + number)
            events = a_whole_install(f"i{number}", host)
            last[host] = f"i{number} "
        else:
            again(one)
            continue
        write(room, *events)
        written += [event.text for event in events]
    again(one)
    found = texts(room)
    assert found == [text for text in written if text in set(found)]
    assert set(written[-most:]) <= set(found)
    for name in last.values():
        mine = [text for text in written if text.startswith(name)]
        assert set(mine[:3]) <= set(found)
    beyond = {text for text in written[:-most] if not text.startswith(tuple(last.values()) or ("none",))}
    assert not {text for text in beyond & set(found) if not text.endswith(tuple(last))}

"""The worker: everything handed over is written once, whatever else happens."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from pxeserve.domain.host import Host
from pxeserve.events import server
from pxeserve.events.inbox import Inbox
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.events.server import Worker
from pxeserve.serving import Order
from pxeserve.store import events as stored
from pxeserve.store import inventory
from pxeserve.store import tables as t

NOW = 1_800_000_000.0
MAC = "52:54:00:77:00:01"


def test_what_was_handed_over_before_the_stop_is_written_down(room: Any) -> None:
    recorder = room.recorder()
    recorder.emit(Event("dhcp.discover", NOW, "asked for an address", mac=MAC))
    recorder.emit(Event("dhcp.ack", NOW + 1, "lent", mac=MAC, address="10.77.0.51", session="s", data={"because": [{"code": "armed"}]}))
    recorder.count("not-pxe")
    recorder.count("not-pxe", 4)
    recorder.close()
    room.run_to_the_end(room.worker())
    first, second = room.events()
    assert (first.kind, first.host, first.mac, first.text, first.outbox_id) == ("dhcp.discover", "xen01", MAC, "asked for an address", None)
    assert (second.id, second.at, second.session, second.data) == (first.id + 1, NOW + 1, "s", {"because": [{"code": "armed"}]})
    assert room.counts() == {("dhcp", "not-pxe"): 5}
    assert room.serving.ready
    assert room.signs[0] == "ready"
    assert "beat" in room.signs


def test_the_parents_end_is_the_workers_too(room: Any) -> None:
    room.say(Event("a", NOW).encode())
    room.parent.close()
    room.worker().run(room.serving)
    assert [event.kind for event in room.events()] == ["a"]


def test_another_order_does_not_stop_it(room: Any) -> None:
    room.parent.send(Order.RELOAD.value.encode())
    thread = room.run_beside(room.worker())
    room.say(Event("after the reload", NOW).encode())
    room.stop(thread)
    assert [event.kind for event in room.events()] == ["after the reload"]


def test_a_burst_beyond_the_kernels_queue_is_taken_in_whole(room: Any) -> None:
    thread = room.run_beside(room.worker())
    room.say(*(Event("burst", NOW, str(number)).encode() for number in range(2_000)))  # a blocking sender: it waits only for the inbox
    room.stop(thread)
    assert [event.text for event in room.events()] == [str(number) for number in range(2_000)]
    assert room.counts() == {}


def test_counters_of_several_processes_and_batches_are_summed(room: Any) -> None:
    for _ in range(3):
        for source in ("dhcp", "tftp"):
            recorder = room.recorder(source)
            recorder.count("lost-event", 2)
            recorder.close()
        worker = room.worker()
        room.run_to_the_end(worker)
    assert room.counts() == {("dhcp", "lost-event"): 6, ("tftp", "lost-event"): 6}


def test_garbage_is_counted_and_harms_nothing_beside_it(room: Any) -> None:
    room.say(b"garbage", Event("good", NOW).encode(), b'{"event": {"kind": "no time"}}', b"\xff")
    room.run_to_the_end(room.worker())
    assert [event.kind for event in room.events()] == ["good"]
    assert room.counts() == {("worker", "malformed-event"): 3}


def test_more_than_there_is_room_for_is_lost_and_counted(room: Any) -> None:
    one = Event("burst", NOW, "0").encode()
    worker = room.worker(room=2 * len(one))
    room.say(*(Event("burst", NOW, str(number)).encode() for number in range(4)), one + b"\n" + one)
    room.run_to_the_end(worker)
    assert [event.text for event in room.events()] == ["0", "1"]
    assert room.counts() == {("worker", "lost-event"): 4}


def test_a_mac_is_given_its_hosts_name_and_a_name_that_was_said_stands(room: Any) -> None:
    install = {
        "id": "k3d9", "host_id": 1, "mode": "fresh", "interactive": False, "wants_answerfile": True, "state": "armed", "version": 1,
        "armed_by": "root", "armed_at": NOW, "armed_boot_id": "b", "armed_boottime": 1.0, "expires": NOW + 60,
    }  # fmt: skip
    with room.store.site.write() as connection:
        connection.execute(insert(t.rehearsal).values(mac="02:00:00:00:00:07", host_id=1, expires=NOW + 60))
        connection.execute(insert(t.install).values(install))
    Ledger(room.store).write(
        [
            Event("a", NOW, mac=MAC),
            Event("b", NOW, mac="02:00:00:00:00:07"),
            Event("c", NOW, install="k3d9"),
            Event("d", NOW, mac="52:54:00:99:99:99"),
            Event("e", NOW, host="said", mac=MAC),
            Event("f", NOW),
        ]
    )
    assert [event.host for event in room.events()] == ["xen01", "xen01", "xen01", None, "said", None]


def test_a_rehearsals_events_stay_its_hosts_after_it_has_ended(room: Any) -> None:
    ledger = Ledger(room.store)
    with room.store.site.write() as connection:
        connection.execute(insert(t.rehearsal).values(mac="02:00:00:00:00:07", host_id=1, expires=NOW + 60))
    ledger.write([Event("before", NOW, mac="02:00:00:00:00:07")])
    with room.store.site.write() as connection:
        connection.execute(t.rehearsal.delete())
    ledger.write([Event("after", NOW, mac="02:00:00:00:00:07")])
    assert [event.host for event in room.events()] == ["xen01", "xen01"]


def test_a_host_added_a_moment_ago_is_known(room: Any) -> None:
    ledger = Ledger(room.store)
    ledger.write([Event("a", NOW, mac="52:54:00:77:00:02")])
    with room.store.site.write() as connection:
        inventory.put_host(connection, Host(0, "xen02", ("52:54:00:77:00:02",), "rack-a"))
    ledger.write([Event("b", NOW, mac="52:54:00:77:00:02")])
    assert [event.host for event in room.events()] == [None, "xen02"]


def test_a_transitions_event_is_taken_over_with_its_hosts_name(room: Any) -> None:
    room.transition(by="root", text="armed by root\x1b")
    room.transition("install.alarm", address="10.77.0.66", because="nobody\u202e knows")
    room.run_to_the_end(room.worker())
    armed, alarm = room.events()
    assert (armed.kind, armed.host, armed.install, armed.text, armed.data) == (
        "install.armed", "xen01", "k3d9", "armed by root\\x1b", {"by": "root"},
    )  # fmt: skip
    assert (alarm.address, alarm.data["because"]) == ("10.77.0.66", "nobody\\u202e knows")
    assert room.outbox() == 0


def test_a_crash_between_copy_and_removal_doubles_nothing(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    room.transition()
    ledger = Ledger(room.store)
    with monkeypatch.context() as patched:
        patched.setattr(stored, "forget_outbox", _power_cut)
        with pytest.raises(KeyboardInterrupt):
            ledger.take_over()
    assert (len(room.events()), room.outbox()) == (1, 1)
    assert Ledger(room.store).take_over() == 1
    assert (len(room.events()), room.outbox()) == (1, 0)


def _power_cut(*_: object) -> None:
    raise KeyboardInterrupt


def test_details_that_cannot_be_read_do_not_hold_up_the_others(room: Any) -> None:
    room.transition(deep=[[[[[[[[[[1]]]]]]]]]])
    room.transition("install.done")
    assert Ledger(room.store).take_over() == 2
    assert [(event.kind, event.install) for event in room.events()] == [("install.armed", "k3d9"), ("install.done", "k3d9")]


def test_a_locked_record_is_written_when_it_is_free_again(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox(room.sock)
    worker = Worker(room.store, inbox, clock=lambda: NOW, lapse=room.lapse)
    write = Ledger.write
    refusals = [sqlite3.OperationalError("database or disk is full")]

    def refuse_once(ledger: Ledger, batch: Any) -> None:
        if refusals:
            raise OSError(refusals.pop())
        write(ledger, batch)

    monkeypatch.setattr(Ledger, "write", refuse_once)
    room.say(Event("kept", NOW).encode())
    inbox.drain()
    worker.turn()
    assert room.events() == []
    worker.turn()
    assert [event.kind for event in room.events()] == ["kept"]


def test_arms_are_let_lapse_at_once_and_then_every_ten_seconds(room: Any) -> None:
    worker = room.worker()
    worker.turn()
    worker.turn()
    assert room.lapsed == [NOW]


def test_trouble_with_lapsing_ends_nothing(room: Any) -> None:
    def broken(_store: object, _now: float) -> int:
        raise OSError("no space left on device")

    worker = Worker(room.store, Inbox(room.sock), clock=lambda: NOW, lapse=broken)
    room.transition()
    worker.turn()
    worker.turn()
    assert room.outbox() == 0


def test_the_child_serves_with_the_installs_own_lapse(room: Any, tmp_path: Path) -> None:
    room.say(Event("a", NOW).encode())
    room.parent.send(Order.STOP.value.encode())
    server.serve(room.serving)
    assert [event.kind for event in room.events()] == ["a"]


def test_without_its_receiver_the_worker_gives_no_sign_of_life(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inbox, "receiving", False)
    room.run_to_the_end(room.worker())
    assert room.signs == ["ready"]

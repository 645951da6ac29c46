"""The doctor's rounds in the service: told once, gone after two rounds without it, known across a restart, and shown by status."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pxeserve.config import Config
from pxeserve.doctor import disk, mtu, ports
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade, Result
from pxeserve.doctor.rounds import Notes, Rounds, due, tell
from pxeserve.doctor.standing import FOUND, GONE, event, standing
from pxeserve.events.inbox import Inbox
from pxeserve.events.record import Event
from pxeserve.events.recorder import SOCKET_NAME
from pxeserve.events.server import Worker
from pxeserve.serving import Serving
from pxeserve.store import Store, audit
from tests.doctor.conftest import NOW, Make

FAULT = Fault("small-mtu", Grade.HARMS, "{interface} has {mtu}", "because", "do this")


def result(*findings: Finding, blind: bool = False, check: str = "mtu") -> Result:
    return Result(check, "", tuple(replace(one, check=check) for one in findings), (Blind("dark"),) if blind else ())


def found(mtu_: int = 1400, where: str = "eth0") -> Finding:
    return FAULT.found(where, interface=where, mtu=mtu_)


class Record:
    """The worker of a test: takes events in and writes them down."""

    def __init__(self, store: Store, folder: Path) -> None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        (folder / "run").mkdir(exist_ok=True)
        sock.bind(str(folder / "run" / SOCKET_NAME))
        sock.setblocking(False)
        self.inbox = Inbox(sock)
        self.worker = Worker(store, self.inbox)

    def wait(self, store: Store, kind: str, count: int) -> list[str]:
        from pxeserve.store import events as stored

        pause = threading.Event()
        for _ in range(1000):
            self.worker.turn()
            with store.events.read() as connection:
                rows = stored.latest(connection, stored.Wanted(kind=kind), 100)
            if len(rows) >= count:
                return [row.text for row in rows]
            pause.wait(0.02)
        raise AssertionError(f"{kind} was not told {count} times")


def told(store: Store, *events: Event) -> None:
    """Write events down as the worker does."""
    from pxeserve.events.ledger import Ledger

    Ledger(store).write(list(events))


def test_a_finding_is_told_once_whatever_its_figures_become(store: Store) -> None:
    said: list[Event] = []
    notes = Notes(store, said.append)
    for size in (1400, 1400, 1300):
        notes.take([result(found(size))], NOW)
    assert [one.kind for one in said] == [FOUND]
    assert said[0].text == "eth0 has 1400 (eth0)"
    assert said[0].data["fix"] == "do this"


def test_it_is_gone_after_two_rounds_that_looked_and_did_not_see_it(store: Store) -> None:
    said: list[Event] = []
    notes = Notes(store, said.append)
    rounds = (result(found()), result(), result(blind=True), result(found()), result(), result(check="disk"), result())
    seen = []
    for one in rounds:
        notes.take([one], NOW)
        seen.append([event.kind for event in said])
    assert seen[:-1] == [[FOUND]] * 6
    assert seen[-1] == [FOUND, GONE]
    assert said[-1].text.startswith("no longer: eth0 has 1400")


def test_a_note_is_told_nobody(store: Store) -> None:
    said: list[Event] = []
    Notes(store, said.append).take([result(replace(found(), grade=Grade.NOTE))], NOW)
    assert said == []


def test_the_record_is_the_memory(store: Store) -> None:
    """A restart tells nothing again, and knows what has gone meanwhile."""
    said: list[Event] = []
    Notes(store, said.append).take([result(found(), found(where="eth1"))], NOW)
    told(store, *said)
    assert {one.finding.where for one in standing(store).values()} == {"eth0", "eth1"}
    again: list[Event] = []
    notes = Notes(store, again.append)
    notes.take([result(found())], NOW + 60)
    assert again == []
    notes.take([result(found())], NOW + 120)
    assert [(one.kind, one.data["where"]) for one in again] == [(GONE, "eth1")]
    told(store, *again)
    assert [one.finding.where for one in standing(store).values()] == ["eth0"]
    assert [one.since for one in standing(store).values()] == [NOW]


def test_another_server_that_answers_is_a_line_of_the_audit_and_nothing_else_is(store: Store) -> None:
    rival = Fault("second-server", Grade.STOPS, "{who} lends addresses here too", "because", "stop it").found("eth0", who="10.0.0.66")
    said: list[Event] = []
    for finding in (rival, found()):
        tell(store, said.append, event(FOUND, finding, NOW))
    assert [one.kind for one in said] == [FOUND, FOUND]
    with store.site.read() as connection:
        lines = audit.lines(connection, audit.Wanted(), 10)
    assert [(one["actor"], one["action"], one["object"], one["result"]) for one in lines] == [
        ("service", FOUND, "eth0", "10.0.0.66 lends addresses here too (eth0)")
    ]


def test_events_that_are_no_findings_are_passed_over(store: Store) -> None:
    told(store, Event(FOUND, NOW, "odd", data={"check": "mtu"}), Event(FOUND, NOW, "odder", data={"grade": "awful"}))
    assert standing(store) == {}


def test_what_leaves_traces_is_not_done_by_itself() -> None:
    names = [check.name for check in due(everything=True)]
    assert "reach" not in names
    assert {"dhcp-servers"} == {check.name for check in due(everything=False)}
    assert {"ports", "mtu", "disk", "counters"} <= set(names)


@contextmanager
def going_round(config: Config) -> Iterator[None]:
    ours, theirs = socket.socketpair()
    serving = Serving(config, (), {}, theirs, lambda: None, lambda: None)
    rounds = Rounds(serving, first=0.01, often=0.05, seldom=0.05)
    rounds.start()
    try:
        yield
    finally:
        rounds.finish()
        ours.close()
        theirs.close()


def test_the_thread_looks_and_tells(make: Make, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way: thread, recorder, worker, record. What it looks at is one check of this test's own."""
    around = make(config={"server": {"interface": "lo"}})
    wrong = threading.Event()
    wrong.set()

    def look(_: object) -> Seen:
        if wrong.is_set():
            yield found()

    own = Check("mtu", "a test", "", (FAULT,), look)
    monkeypatch.setattr("pxeserve.doctor.rounds.CHECKS", (own,))
    record = Record(store, around.data)
    record.inbox.start()
    try:
        with going_round(around.config):
            assert record.wait(store, FOUND, 1) == ["eth0 has 1400 (eth0)"]
            wrong.clear()
            assert record.wait(store, GONE, 1) == ["no longer: eth0 has 1400 (eth0)"]
    finally:
        record.inbox.finish()


def test_names_are_those_of_the_checks() -> None:
    assert (disk.CHECK.name, mtu.CHECK.name, ports.CHECK.name) == ("disk", "mtu", "ports")

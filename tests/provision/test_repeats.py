"""The record of a crowd: what is told at once, what is counted, and that nothing is missing in the end."""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pxeserve.domain.medium import Medium
from pxeserve.events.clients import Clients
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.provision.journal import Journal, Transfer
from pxeserve.provision.repeats import ALONE
from pxeserve.provision.responses import FileReply
from pxeserve.repo.packages import Packages
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import media, open_store

DISC = Medium("disc", "disc-1", "xs-text", "XenServer", "4.1.0", "", "4.1", "r1", None)


class Told:
    """A journal, and all that it told."""

    def __init__(self, journal: Journal, ear: socket.socket) -> None:
        self.journal = journal
        self._ear = ear

    def fetched(self, address: str, path: str, size: int, status: int = 200) -> None:
        """A machine got `size` bytes."""
        answer = FileReply(status, b"", None, 0, size, size, DISC, path, carries=True, whole=status == 200)
        if not self.journal.repeats.counted(address, answer, size, 0.5):
            self.journal.transfer(Transfer(address, DISC, path, status, size, size, 0, 0.5, "done"))

    def events(self) -> list[dict[str, Any]]:
        """What was told, after the second is over."""
        self.journal.flush()
        found = []
        while True:
            try:
                lines = self._ear.recv(65536).splitlines()
            except BlockingIOError:
                return found
            found += [line["event"] for line in map(json.loads, lines) if "event" in line]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    (tmp_path / "run").mkdir()
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    ear.bind(str(tmp_path / "run" / SOCKET_NAME))
    store = open_store(tmp_path, migrate=True)
    with store.site.write() as connection:
        rows = [media.FileRow(f"p/{number}", number, "rpm", 10, "", "") for number in range(500)]
        media.add(connection, DISC, rows, "test", 1.0)
    recorder = Recorder(tmp_path / "run" / SOCKET_NAME, "provision", by_turns=True)
    yield Told(Journal(recorder, Clients(store, SnapshotSource(store).current), Packages(store), lambda: 1_800_000_000.0), ear)
    recorder.close()
    store.close()
    ear.close()


def test_one_file_after_the_other_is_a_line_each(told: Told) -> None:
    for number in range(100):
        told.fetched("10.0.0.1", f"p/{number}", 10)
    events = told.events()
    assert [event["data"]["package"] for event in events] == list(range(1, 101))
    assert not any("times" in event["data"] for event in events)


def test_the_same_file_again_is_a_line_each_too(told: Told) -> None:
    """An installer that looks for a file fetches it again when it has found it."""
    for _ in range(2):
        told.fetched("10.0.0.1", "p/7", 10)
    assert [event["data"].get("times", 1) for event in told.events()] == [1, 1]


def test_what_comes_on_top_of_a_hundred_is_counted_by_machine_and_told_once(told: Told) -> None:
    for number in range(ALONE):
        told.fetched("10.0.0.9", f"p/{number}", 10)
    for _ in range(50):
        told.fetched("10.0.0.1", "p/7", 10)
        told.fetched("10.0.0.2", "p/7", 10)
    events = told.events()
    assert [event["data"].get("times", 1) for event in events] == [1] * ALONE + [50, 50]
    again = events[ALONE]
    assert (again["data"]["bytes"], again["data"]["total"], again["data"]["seconds"]) == (500, 500, 25.0)
    assert (again["data"]["path"], again["data"]["package"], again["data"]["packages"]) == ("p/7", 8, 500)
    assert "500 bytes in 50 transfers" in again["text"]
    told.fetched("10.0.0.1", "p/7", 10)
    assert ["times" in event["data"] for event in told.events()] == [False], "a new second begins anew"


def test_a_crowd_of_files_is_told_by_machine_and_nothing_is_missing(told: Told) -> None:
    fetched: Counter[tuple[str, str]] = Counter()
    for number in range(500):
        for host in range(3):
            for _ in range(1 + number % 2):
                told.fetched(f"10.0.0.{host}", f"p/{number}", 10)
                fetched[f"10.0.0.{host}", f"p/{number}"] += 1
    events = told.events()
    found: Counter[tuple[str, str]] = Counter()
    for event in events:
        data = event["data"]
        for path, status, times, size in data.get("files", [[data.get("path"), 200, data.get("times", 1), data["bytes"]]]):
            assert (status, size) == (200, 10 * times)
            found[event["address"], path] += times
        assert data["bytes"] == data["total"] == 10 * data.get("times", 1)
    assert found == fetched
    assert len(events) < ALONE + 3 * 6
    assert max(len(event["data"].get("files", ())) for event in events) == 100, "more would not fit into a datagram"
    assert {event["data"]["package"] for event in events if "files" in event["data"]} >= {500}


def test_what_is_no_file_of_a_medium_is_not_counted(told: Told) -> None:
    nothing = FileReply(304, b"", None, 0, 0, 0, DISC, "p/1", carries=False)
    plain = FileReply(200, b"", None, 0, 9, 9, None, "p/1", carries=True)
    for answer in (nothing, plain) * 3:
        assert not told.journal.repeats.counted("10.0.0.1", answer, 0, 0.0)
    assert told.events() == []

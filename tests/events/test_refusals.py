"""Wrong tokens of answerfiles: a number in the audit, and each counted once."""

from __future__ import annotations

from pathlib import Path

from pxeserve.events import refusals
from pxeserve.store import Store, audit, events, open_store

MINUTE = 30_000_000
"""Of the epoch."""


def refused(store: Store, minute: int, count: int, reason: str = "answerfile-404") -> None:
    with store.events.write() as connection:
        events.add_counts(connection, {(minute, "provision", reason): count})


def lines(store: Store) -> list[str]:
    with store.site.read() as connection:
        return [one["result"] for one in reversed(audit.lines(connection, audit.Wanted(action="answerfile.refused"), 100))]


def test_each_is_counted_once_in_whole_minutes(tmp_path: Path) -> None:
    store = open_store(tmp_path, migrate=True)
    refused(store, MINUTE - 5, 1000)   # before anybody looked
    assert refusals.tell(store, MINUTE * 60.0 + 10) == 0
    refused(store, MINUTE, 7)
    refused(store, MINUTE + 3, 5)
    refused(store, MINUTE + 3, 99, "media-404")
    refused(store, MINUTE + 10, 2)
    assert refusals.tell(store, (MINUTE + 10) * 60.0 + 59) == 12
    refused(store, MINUTE + 10, 1)   # the minute goes on
    assert refusals.tell(store, (MINUTE + 20) * 60.0) == 3
    assert refusals.tell(store, (MINUTE + 30) * 60.0) == 0
    assert lines(store) == [
        "12 times in 10 minutes, by a token that opens nothing", "3 times in 10 minutes, by a token that opens nothing"
    ]  # fmt: skip
    store.close()


def test_a_clock_that_is_set_back_begins_anew(tmp_path: Path) -> None:
    store = open_store(tmp_path, migrate=True)
    refusals.tell(store, MINUTE * 60.0)
    refused(store, MINUTE, 7)
    assert refusals.tell(store, (MINUTE + 10) * 60.0) == 7
    assert refusals.tell(store, (MINUTE - 100) * 60.0) == 0
    refused(store, MINUTE - 99, 3)
    assert refusals.tell(store, (MINUTE - 90) * 60.0) == 3
    store.close()

"""Running totals: what the record came to, counted with it and once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from pxeserve.config.outlets import RecordConfig
from pxeserve.events import totals
from pxeserve.events.datagram import Count
from pxeserve.events.ledger import Ledger
from pxeserve.events.record import Event
from pxeserve.events.retention import Retention
from pxeserve.store import events as stored
from pxeserve.store import tables as t
from pxeserve.store import totals as stored_totals

NOW = 1_800_000_000.0


def sums(room: Any) -> dict[tuple[str, tuple[str, ...]], float]:
    with room.store.events.read() as connection:
        return stored_totals.every(connection)


def transfer(outcome: str = "done", size: int = 100, **more: Any) -> Event:
    return Event("tftp.transfer", NOW, data={"outcome": outcome, "bytes": size, "retransmits": 1, "seconds": 0.02, **more})


def test_each_servers_work_is_summed_up(room: Any) -> None:
    Ledger(room.store).write(
        [
            transfer(),
            transfer("timeout", 50),
            Event("http.file", NOW, data={"outcome": "done", "bytes": 10, "seconds": 0.2}),
            Event("http.file", NOW, data={"outcome": "done", "bytes": 40, "seconds": 9.0, "times": 4}),
            Event("http.answerfile", NOW, data={"outcome": "delivered", "bytes": 7}),
            Event("ftp.file", NOW, data={"outcome": "cut", "bytes": 3, "seconds": 1.0}),
            Event("dhcp.ack", NOW),
            Event("dhcp.pool", NOW),
            Count(1, "dhcp", "untold-discover", 5),
            Count(1, "dhcp", "not-pxe", 2),
            Count(1, "tftp", "untold-transfer", 3),
            Count(1, "tftp", "untold-bytes", 300),
        ]
    )
    found = sums(room)
    assert {key: value for key, value in found.items() if key[0] not in (totals.EVENTS, totals.COUNTED)} == {
        (totals.TFTP_TRANSFERS, ("done",)): 1,
        (totals.TFTP_TRANSFERS, ("timeout",)): 1,
        (totals.TFTP_TRANSFERS, ("untold",)): 3,
        (totals.TFTP_BYTES, ()): 450,
        (totals.TFTP_RETRANSMITS, ()): 2,
        ("transfer_seconds.bucket", ("tftp", "0.05")): 1,
        ("transfer_seconds.sum", ("tftp",)): 0.02,
        (totals.HTTP_REQUESTS, ("file", "done")): 5,
        (totals.HTTP_REQUESTS, ("answerfile", "delivered")): 1,
        (totals.HTTP_BYTES, ("file",)): 50,
        (totals.HTTP_BYTES, ("answerfile",)): 7,
        ("transfer_seconds.bucket", ("http", "0.5")): 1,
        ("transfer_seconds.sum", ("http",)): 0.2,
        (totals.FTP_TRANSFERS, ("cut",)): 1,
        (totals.FTP_BYTES, ()): 3,
        (totals.DHCP_MESSAGES, ("ack",)): 1,
        (totals.DHCP_MESSAGES, ("discover",)): 5,
    }
    assert found[(totals.EVENTS, ("http.file",))] == 2
    assert found[(totals.COUNTED, ("dhcp", "not-pxe"))] == 2


def test_totals_outlive_what_they_were_counted_from_and_the_process(room: Any) -> None:
    Ledger(room.store).write([transfer() for _ in range(5)])
    retention = Retention(room.store, RecordConfig.model_construct(keep_days=90, keep_events=1, keep_megabytes=10_000))
    retention.begin()
    while retention.step(NOW):
        pass
    Ledger(room.store).write([transfer()])
    assert len(room.events()) == 2
    assert sums(room)[(totals.TFTP_BYTES, ())] == 600


def test_how_long_an_install_was_in_a_state_is_told_when_it_leaves_it(room: Any) -> None:
    ledger = Ledger(room.store)
    for at, kind in ((0, "armed"), (40, "alarm"), (90, "booting"), (95, "answered"), (2000, "done")):
        room.transition(f"install.{kind}")
        backdate(room, NOW + at)
        ledger.take_over()
    found = {key: value for key, value in sums(room).items() if key[0].startswith(totals.STATE_SECONDS)}
    assert found == {
        ("state_seconds.bucket", ("armed", "120")): 1,
        ("state_seconds.sum", ("armed",)): 90,
        ("state_seconds.bucket", ("booting", "5")): 1,
        ("state_seconds.sum", ("booting",)): 5,
        ("state_seconds.bucket", ("answered", "3600")): 1,
        ("state_seconds.sum", ("answered",)): 1905,
    }


def backdate(room: Any, at: float) -> None:
    with room.store.site.write() as connection:
        connection.execute(update(t.install_event).values(at=at))


def test_rehearsals_are_no_installs(room: Any) -> None:
    room.transition("install.armed", rehearsal=True)
    room.transition("install.done", rehearsal=True)
    Ledger(room.store).take_over()
    assert [key for key in sums(room) if key[0] in (totals.INSTALLS, "state_seconds.sum")] == []


def test_a_crash_between_copy_and_removal_counts_nothing_twice(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    room.transition()
    with monkeypatch.context() as patched:
        patched.setattr(stored, "forget_outbox", _power_cut)
        with pytest.raises(KeyboardInterrupt):
            Ledger(room.store).take_over()
    room.transition("install.booting")
    Ledger(room.store).take_over()
    assert sums(room)[(totals.INSTALLS, ("armed",))] == 1
    assert sums(room)[(totals.INSTALLS, ("booting",))] == 1


def _power_cut(*_: object) -> None:
    raise KeyboardInterrupt


def test_whatever_comes_there_are_boundedly_many_labels(room: Any) -> None:
    for start in (0, 150):  # by two processes, of which the second knows what the first has counted
        Ledger(room.store).write([transfer(f"odd-{number}") for number in range(start, start + 150)])
    found = {labels: value for (metric, labels), value in sums(room).items() if metric == totals.TFTP_TRANSFERS}
    assert len(found) <= totals.MOST + 1
    assert sum(found.values()) == 300


def test_numbers_that_are_none_add_nothing(room: Any) -> None:
    Ledger(room.store).write([Event("tftp.transfer", NOW, data={"outcome": 7, "bytes": "many", "seconds": None})])
    assert sums(room)[(totals.TFTP_TRANSFERS, ("unknown",))] == 1
    assert sums(room)[(totals.TFTP_BYTES, ())] == 0

"""The audit's chain: whole while nobody touches it, and broken where somebody did."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update

from pxeserve.store import Store, audit, open_store
from pxeserve.store import tables as t


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(tmp_path, migrate=True)
    for number in range(1, 6):
        with store.site.write() as connection:
            audit.append(connection, 1000.0 + number, "root", "host.add", f"xen{number:02}")
    return store


def broken_at(store: Store) -> int | None:
    with store.site.read() as connection:
        return audit.broken_at(connection)


def test_each_line_holds_the_hash_of_the_one_before(store: Store) -> None:
    with store.site.read() as connection:
        rows = connection.execute(select(t.audit).order_by(t.audit.c.seq)).all()
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert rows[0].previous == "0" * 64
    assert [row.previous for row in rows[1:]] == [row.hash for row in rows[:-1]]
    assert broken_at(store) is None


@pytest.mark.parametrize("column", ["actor", "action", "object", "result", "hash", "previous", "origin"])
def test_a_changed_word_shows(store: Store, column: str) -> None:
    with store.site.write() as connection:
        connection.execute(update(t.audit).where(t.audit.c.seq == 3).values({column: "somebody else"}))
    assert broken_at(store) == 3


def test_a_changed_time_shows(store: Store) -> None:
    with store.site.write() as connection:
        connection.execute(update(t.audit).where(t.audit.c.seq == 2).values(at=1.0))
    assert broken_at(store) == 2


def test_a_missing_line_shows(store: Store) -> None:
    with store.site.write() as connection:
        connection.execute(delete(t.audit).where(t.audit.c.seq == 2))
    assert broken_at(store) == 3


def test_that_a_line_was_made_one_of_an_older_release_shows(store: Store) -> None:
    with store.site.write() as connection:
        connection.execute(update(t.audit).where(t.audit.c.seq == 2).values(boottime=None))
    assert broken_at(store) == 2


def test_lines_of_an_older_release_hold(store: Store) -> None:
    """As site0005 left them: no clock, no origin, and summed up without either."""
    with store.site.write() as connection:
        connection.execute(delete(t.audit))
        connection.execute(delete(t.meta).where(t.meta.c.key == "audit.head"))
        line = {"seq": 1, "at": 1.5, "actor": "root", "action": "host.add", "object": "xen01", "result": "ok", "previous": "0" * 64}
        connection.execute(insert(t.audit).values(**line, hash=audit.digest(line)))
    assert broken_at(store) is None
    with store.site.write() as connection:
        audit.append(connection, 2.0, "root", "host.add", "xen02")
    assert broken_at(store) is None


def test_lines_cut_off_at_the_end_show(store: Store) -> None:
    with store.site.write() as connection:
        connection.execute(delete(t.audit).where(t.audit.c.seq >= 4))
    with store.site.read() as connection:
        found = audit.chain(connection)
    assert (found.lines, found.broken_at, found.because) == (3, 4, "lines are missing at the end: 5 were written")


def test_a_line_tells_from_where_it_was_asked_for(store: Store) -> None:
    with store.site.write() as connection, audit.asked_from("10.0.0.5 4f"):
        audit.append(connection, 2000.0, "anna", "host.add", "xen06")
    with store.site.read() as connection:
        [newest, before] = audit.lines(connection, audit.Wanted(), 2)
    assert (newest["origin"], before["origin"]) == ("10.0.0.5 4f", "")
    assert broken_at(store) is None


@pytest.mark.parametrize(
    ("wanted", "seqs"),
    [
        (audit.Wanted(), [5, 4, 3]),
        (audit.Wanted(before=3), [2, 1]),
        (audit.Wanted(object="xen04"), [4]),
        (audit.Wanted(action="host.*", since=1002.0, until=1004.0), [3, 2]),
        (audit.Wanted(action="host"), []),
        (audit.Wanted(action="%*"), []),
        (audit.Wanted(actor="anna"), []),
    ],
)
def test_what_is_asked_for(store: Store, wanted: audit.Wanted, seqs: list[int]) -> None:
    with store.site.read() as connection:
        assert [line["seq"] for line in audit.lines(connection, wanted, 3)] == seqs


def test_a_line_rewritten_with_a_right_hash_of_its_own_breaks_the_next(store: Store) -> None:
    with store.site.write() as connection:
        row = connection.execute(select(t.audit).where(t.audit.c.seq == 3)).one()
        line = audit.chained(row) | {"actor": "nobody"}
        connection.execute(update(t.audit).where(t.audit.c.seq == 3).values(actor="nobody", hash=audit.digest(line)))
    assert broken_at(store) == 4


def test_a_line_lives_and_dies_with_the_act_it_tells_of(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.site.write() as connection:
        audit.append(connection, 2000.0, "root", "host.remove", "xen01")
        raise ZeroDivisionError
    with store.site.read() as connection:
        assert len(connection.execute(select(t.audit)).all()) == 5

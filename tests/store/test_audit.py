"""The audit's chain: whole while nobody touches it, and broken where somebody did."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

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


@pytest.mark.parametrize("column", ["actor", "action", "object", "result", "hash", "previous"])
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


def test_a_line_rewritten_with_a_right_hash_of_its_own_breaks_the_next(store: Store) -> None:
    with store.site.write() as connection:
        row = connection.execute(select(t.audit).where(t.audit.c.seq == 3)).one()
        line = {key: getattr(row, key) for key in ("seq", "at", "actor", "action", "object", "result", "previous")} | {"actor": "nobody"}
        connection.execute(update(t.audit).where(t.audit.c.seq == 3).values(actor="nobody", hash=audit.digest(line)))
    assert broken_at(store) == 4


def test_a_line_lives_and_dies_with_the_act_it_tells_of(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.site.write() as connection:
        audit.append(connection, 2000.0, "root", "host.remove", "xen01")
        raise ZeroDivisionError
    with store.site.read() as connection:
        assert len(connection.execute(select(t.audit)).all()) == 5

"""What is handed to the driver ready does what SQLAlchemy would do with it, and its mistakes are SQLAlchemy's too."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from pxeserve.store import Store, discovered, open_store
from pxeserve.store import tables as t
from pxeserve.store.ready import Ready, group

PUT = Ready(insert(t.counter), ["minute", "source", "reason", "count"])
FROM = Ready(select(t.counter.c.reason).where(t.counter.c.minute >= bindparam("minute")).order_by(t.counter.c.reason), ["minute"])
GONE = Ready(delete(t.counter).where(t.counter.c.reason == bindparam("word")), ["word"])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path, migrate=True)


def test_rows_are_put_asked_for_and_removed(store: Store) -> None:
    with store.events.write() as connection:
        PUT.put(connection, [(1, "dhcp", "a", 1), (2, "dhcp", "b", 2), (3, "dhcp", "c", 3)])
        PUT.put(connection, [])
        GONE.put(connection, [("c",), ("nobody's",)])
    with store.events.read() as connection:
        assert FROM.ask(connection, 0) == [("a",), ("b",)]
        assert FROM.ask(connection, 2) == [("b",)]
        assert FROM.ask(connection, 9) == []


def test_a_group_is_there_for_all_when_it_has_ended_and_for_nobody_before(store: Store) -> None:
    writer = store.events.writer()
    with group(writer):
        PUT.put(writer, [(1, "dhcp", "a", 1)])
        with store.events.read() as other:
            assert FROM.ask(other, 0) == []
    with store.events.read() as other:
        assert FROM.ask(other, 0) == [("a",)]
    writer.close()


def test_of_a_group_that_fails_nothing_is_kept_and_the_next_one_goes_on(store: Store) -> None:
    writer = store.events.writer()
    with pytest.raises(SQLAlchemyError, match="UNIQUE"), group(writer):
        PUT.put(writer, [(1, "dhcp", "a", 1)])
        PUT.put(writer, [(2, "dhcp", "b", 1), (1, "dhcp", "a", 1)])
    with pytest.raises(ZeroDivisionError), group(writer):
        PUT.put(writer, [(4, "dhcp", "d", 1)])
        raise ZeroDivisionError
    with group(writer):
        PUT.put(writer, [(3, "dhcp", "c", 1)])
    with store.events.read() as other:
        assert FROM.ask(other, 0) == [("c",)]
    writer.close()


def test_a_group_takes_the_write_lock_at_once(store: Store) -> None:
    """Nothing is read in it that somebody else changes before it writes."""
    first, second = store.events.writer(), store.events.writer()
    for one in (first, second):
        one.connection.cursor().execute("PRAGMA busy_timeout=0")
    with group(first), pytest.raises(SQLAlchemyError, match="locked"), group(second):
        pass
    first.close()
    second.close()


def test_a_question_that_cannot_be_put_is_the_stores_mistake_and_names_itself(store: Store) -> None:
    with store.leases.read() as connection, pytest.raises(OperationalError, match="no such table: counter"):
        FROM.ask(connection, 0)
    with pytest.raises(AssertionError, match="is not"), store.events.read() as connection:
        Ready(insert(t.counter), ["count", "minute", "source", "reason"]).put(connection, [(1, 1, "dhcp", "a")])


def test_of_too_many_machines_those_that_came_once_go_first_the_oldest_first(store: Store) -> None:
    """With many more asked for than a statement of old could name."""
    macs = [f"52:54:00:00:{n >> 8:02x}:{n & 255:02x}" for n in range(3000)]
    known = [discovered.Machine(mac, 1.0, float(n), boots=1 + (n < 2), hostname="é") for n, mac in enumerate(macs)]
    with store.events.write() as connection:
        discovered.put(connection, known, 2_900)
        found = discovered.some(connection, macs)
        discovered.put(connection, [], 1)
    assert found == {one.mac: one for one in (*known[:2], *known[102:])}

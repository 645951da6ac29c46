"""What was read is kept for as long as nobody has committed anything, whoever reads beside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from pxeserve.store import Store, inventory, open_store
from pxeserve.store.kept import Kept, Made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path, migrate=True)
    yield found
    found.close()


def changed(store: Store) -> None:
    with store.site.write() as connection:
        inventory.raise_revision(connection)


def test_it_is_read_once_until_something_is_committed(store: Store) -> None:
    reads: list[int] = []

    def read(connection: Connection) -> int:
        reads.append(inventory.revision(connection))
        return reads[-1]

    kept = Kept(store.site, read)
    assert (kept.current(), kept.current(), len(reads)) == (0, 0, 1)
    changed(store)
    assert (kept.current(), kept.current(), len(reads)) == (1, 1, 2)
    with store.leases.write():
        pass
    assert (kept.current(), len(reads)) == (1, 2)


def test_what_was_read_before_a_commit_is_not_taken_for_what_came_after_it(store: Store) -> None:
    """One thread reads, another commits, reads and puts down; then the first puts down what it has."""
    beside: list[int] = []

    def read(connection: Connection) -> int:
        found = inventory.revision(connection)
        if not beside:
            beside.append(-1)
            changed(store)
            beside.append(kept.current())
        return found

    kept = Kept(store.site, read)
    assert (kept.current(), beside) == (0, [-1, 1])
    assert kept.current() == 1


def test_what_is_made_of_two_things_is_made_again_when_one_of_them_is_another() -> None:
    made: list[tuple[str, list[int]]] = []

    def make(one: str, other: list[int]) -> int:
        made.append((one, other))
        return len(made)

    first, alike = [1], [1]
    kept = Made(make)
    assert [kept.of("a", first), kept.of("a", first), kept.of("a", alike), kept.of("b", alike), kept.of("b", alike)] == [1, 1, 2, 3, 3]
    assert made == [("a", first), ("a", alike), ("b", alike)]

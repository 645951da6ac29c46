"""What was read from one group of tables, for as long as nobody has committed anything to it, and what was made of such things. Refuses to
know what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection

from pxeserve.store.database import Database

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")


class Kept(Generic[T]):
    """What `read` finds in `database`, which nobody may change. For any number of threads: the moment and what belongs to it are put down
    together, so that what one has read before a commit is never taken for what another has read after it."""

    def __init__(self, database: Database, read: Callable[[Connection], T]) -> None:
        self._database = database
        self._read = read
        self._kept: tuple[object, T] | None = None

    def current(self) -> T:
        """As it stands now. Raises SQLAlchemyError when the database cannot be asked."""
        moment = self._database.moment()  # before anything is read: a commit that comes between is seen the next time
        kept = self._kept
        if kept is not None and kept[0] == moment:
            return kept[1]
        with self._database.read() as connection:
            found = self._read(connection)
        self._kept = (moment, found)
        return found


class Made(Generic[A, B, T]):
    """What `make` makes of two things that nobody may change, for as long as they are the very same ones. For any number of threads."""

    def __init__(self, make: Callable[[A, B], T]) -> None:
        self._make = make
        self._kept: tuple[A, B, T] | None = None

    def of(self, one: A, other: B) -> T:
        """What is made of these two."""
        kept = self._kept
        if kept is None or kept[0] is not one or kept[1] is not other:
            kept = self._kept = (one, other, self._make(one, other))
        return kept[2]

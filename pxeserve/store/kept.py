"""What was read from one group of tables, for as long as nobody has committed anything to it. Refuses to know what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import Connection

from pxeserve.store.database import Database

T = TypeVar("T")


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

"""One group of tables as the rest of the store sees it: how it is read, how it is written, and which schema it should have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sqlalchemy import Connection, Engine

HEADS = {"site": "site0011", "leases": "leases0001", "events": "events0008"}
"""The newest revision of each group: known here so that Alembic, slow to import, is loaded only when something is behind."""


@runtime_checkable
class Moments(Protocol):
    """How an engine tells, for next to nothing, whether anything was committed."""

    def now(self) -> object:
        """See `Database.moment`."""
        ...

    def still(self) -> AbstractContextManager[None]:
        """See `Database.still`."""
        ...

    def close(self) -> None:
        """Give back what is held; it may be asked again."""
        ...


@dataclass(frozen=True, slots=True)
class Database:
    """One group of tables. `read` never blocks a writer; `write` takes the write lock at once, so nothing is read that it then loses."""

    group: str
    engine: Engine
    moments: Moments

    def moment(self) -> object:
        """Something that is equal to what it was before as long as nobody, in any process, has committed anything in between.

        Costs a few microseconds. Raises SQLAlchemyError when the database cannot be asked.
        """
        return self.moments.now()

    def still(self) -> AbstractContextManager[None]:
        """While this lasts it is one `moment`, asked for once: for a handful of requests that are here already, so that each is answered
        from what was committed before it is looked at. Not for more than one thread."""
        return self.moments.still()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read transaction: one consistent moment."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    def writer(self) -> Connection:
        """A connection whose transactions take the write lock at once, for whoever writes all day; to be closed by who has it."""
        return self.engine.connect().execution_options(immediate=True)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A write transaction; durable when the block has ended without an exception."""
        with self.writer() as connection, connection.begin():
            yield connection

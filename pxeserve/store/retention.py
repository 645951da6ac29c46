"""Queries by which the record forgets: what is oldest, which events an installation left, and how large the file is.

Refuses to know how much is kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.exc import DBAPIError

from pxeserve.store import tables as t
from pxeserve.store.database import Database


class Oldest(NamedTuple):
    """An event as it is looked at when it may be forgotten."""

    id: int
    host: str | None
    at: float


class Newest(NamedTuple):
    """A host's last installation."""

    host: str
    install: str
    ended: bool


class Size(NamedTuple):
    """The file's pages in bytes: those in use, and those that are free."""

    used: int
    free: int


def oldest(connection: Connection, after: int, up_to: int, limit: int) -> list[Oldest]:
    """The first events after the id `after`, `up_to` included."""
    event = t.event.c
    query = select(event.id, event.host, event.at).where(event.id > after, event.id <= up_to).order_by(event.id).limit(limit)
    return [Oldest(*row) for row in connection.execute(query)]


def remove(connection: Connection, ids: Sequence[int]) -> None:
    """Forget these events."""
    for start in range(0, len(ids), 500):
        connection.execute(delete(t.event).where(t.event.c.id.in_(ids[start : start + 500])))


def remove_counters(connection: Connection, before: int) -> None:
    """Forget the counters of minutes before `before`."""
    connection.execute(delete(t.counter).where(t.counter.c.minute < before))


def newest_installs(connection: Connection) -> list[Newest]:
    """Each host's last installation; rehearsals are none. `connection` is the site's."""
    install = t.install.c
    real = select(install.id, install.host_id, install.ended_at, func.max(install.armed_at))  # SQLite: the row of the maximum
    query = real.where(install.rehearsal_mac.is_(None)).group_by(install.host_id).subquery()
    rows = connection.execute(select(t.host.c.name, query.c.id, query.c.ended_at).join_from(t.host, query, t.host.c.id == query.c.host_id))
    return [Newest(name, install_id, ended_at is not None) for name, install_id, ended_at in rows]


def span(connection: Connection, host: str, install: str, most: int, beyond: int) -> tuple[int, int] | None:
    """The ids between which the events of `host`'s installation lie: from its first to `beyond` of that host's after its last, and no more
    than `most` of them, the newest. None when there are none."""
    event = t.event.c
    query = select(func.min(event.id), func.max(event.id)).where(event.install == install, event.kind.startswith("install."))
    first, last = connection.execute(query).one()
    if first is None:
        return None
    after = select(event.id).where(event.host == host, event.id > last).order_by(event.id).limit(beyond).subquery()
    last = connection.execute(select(func.max(after.c.id))).scalar() or last
    within = select(event.id).where(event.host == host, event.id >= first, event.id <= last).order_by(event.id.desc())
    return connection.execute(within.limit(1).offset(most - 1)).scalar() or first, last


def size(connection: Connection) -> Size:
    """How large the file is."""
    pages, free, large = (_pragma(connection, name) for name in ("page_count", "freelist_count", "page_size"))
    return Size((pages - free) * large, free * large)


def made_to_shrink(database: Database) -> None:
    """Let a file that an older release made give space back too; it is written anew for that, once. Raises SQLAlchemyError."""
    with database.read() as connection:
        if _pragma(connection, "auto_vacuum"):
            return
    _carried_out(database, "PRAGMA auto_vacuum=INCREMENTAL; VACUUM")


def give_back(database: Database, pages: int) -> None:
    """Give so many free pages back to the file system. Raises SQLAlchemyError."""
    _carried_out(database, f"PRAGMA incremental_vacuum({int(pages)})")


def _carried_out(database: Database, script: str) -> None:
    """Statements that stand in no transaction, each to its end: what frees a page a step is left after one step otherwise."""
    with closing(database.engine.raw_connection()) as connection:
        try:
            connection.executescript(script)
        except sqlite3.Error as error:
            raise DBAPIError(script, None, error) from error


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)

"""Opens the state: engines, transactions and migrations. On SQLite one file a group, each with the durability it needs."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from pxeserve.errors import PxeserveError
from pxeserve.store.database import HEADS, Database
from pxeserve.store.ready import IMMEDIATE, begin

_DATA_VERSION = "PRAGMA data_version"
_SYNC = {"site": "FULL", "leases": "FULL", "events": "NORMAL"}


@dataclass(frozen=True, slots=True)
class Store:
    """The whole state of one service."""

    site: Database
    leases: Database
    events: Database

    def close(self) -> None:
        """Give the connections back; the store may be used again and opens new ones."""
        for database in (self.site, self.leases, self.events):
            database.moments.close()
            database.engine.dispose()


def open_store(data: Path, *, migrate: bool = False) -> Store:
    """The state beneath `data` (made 0700 if missing). With `migrate` the schema is brought up to date first.

    Raises PxeserveError when a file is not a database, or belongs to a newer release.
    """
    folder = data / "state"
    if migrate:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    databases = {}
    for group in HEADS:
        path = folder / f"{group}.db"
        databases[group] = Database(group, _engine(path, group), DataVersion(path))
    for group, database in databases.items():
        _check(database, folder / f"{group}.db", migrate)
        if group == "site" and migrate:
            (folder / "site.db").chmod(0o600)
    return Store(**databases)


class DataVersion:
    """SQLite's `data_version`, asked on a connection of its own that commits nothing: changes with every commit of anybody else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._still: object = None

    def now(self) -> object:
        """See `Database.moment`."""
        if self._still is not None:
            return self._still
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = sqlite3.connect(f"file:{self._path}?mode=rw", timeout=10, uri=True, check_same_thread=False)
                return self._connection.execute(_DATA_VERSION).fetchone()
            except sqlite3.Error as error:
                raise DBAPIError(_DATA_VERSION, None, error) from error

    @contextmanager
    def still(self) -> Iterator[None]:
        """See `Database.still`."""
        try:
            with suppress(DBAPIError):  # whoever asks hears it himself
                self._still = self.now()
            yield
        finally:
            self._still = None

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _engine(path: Path, group: str) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10, "isolation_level": None})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={_SYNC[group]}")
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        begin(connection, IMMEDIATE if immediate else "BEGIN")

    return engine


def _check(database: Database, path: Path, migrate: bool) -> None:
    if not migrate and not path.exists():
        raise PxeserveError(f"{path}: there is no state here yet", fix="start the service once, or name the right folder with --data DIR")
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))  # SQLite's files beside it are as private as this one
            if database.group == "events":
                _make_able_to_shrink(path)
        revision = _revision(database)
        if revision == HEADS[database.group]:
            return
        if not migrate:
            found = f"{path}: schema {revision or 'none'} is not {HEADS[database.group]}"
            raise PxeserveError(found, fix="start the service: it upgrades its state")
        from pxeserve.store.migrate import upgrade

        upgrade(database)
    except PxeserveError:
        raise
    except Exception as error:
        raise PxeserveError(f"{path}: cannot be used as state: {error}", fix="move it away and restore it from a backup") from error


def _make_able_to_shrink(path: Path) -> None:
    """Make a file that can give back what is forgotten. Said before anything is in it, and never again: it takes the write lock."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("PRAGMA journal_mode=WAL")


def _revision(database: Database) -> str | None:
    table = f"alembic_version_{database.group}"
    with database.read() as connection:
        if not inspect(connection).has_table(table):
            return None
        return connection.execute(text(f"SELECT version_num FROM {table}")).scalar()  # noqa: S608 - the name is one of ours

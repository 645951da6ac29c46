"""Copies of the databases as they are at one and the same moment, while everybody goes on writing.

A file alone is copied whole by SQLite's own backup; three of them in turn would not fit together: an event that the worker takes over
between two copies would be in both or in neither. So all three are locked for as long as it takes to begin a reader in each, some
milliseconds, and the readers see that moment for as long as the copy takes.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import ExitStack, closing
from pathlib import Path

from pxeserve.errors import PxeserveError
from pxeserve.store.database import HEADS

_PATIENCE = 0.3
"""Seconds to wait for one lock while others are held: who holds that one may wait for ours."""
_TRIES = 30
_PAUSE = 0.1
_PAGES = 4096
"""Copied at a time."""


def copy(state: Path, to: Path) -> None:
    """Copy the databases in the folder `state` into the folder `to`, which is there and empty. Raises PxeserveError, OSError."""
    try:
        with ExitStack() as stack:
            for group, reader in _readers(state, stack).items():
                path = to / f"{group}.db"
                path.touch(mode=0o600)
                with closing(sqlite3.connect(path)) as target:
                    reader.backup(target, pages=_PAGES)
    except sqlite3.Error as error:
        raise PxeserveError(f"{state}: cannot be copied: {error}", code="busy", fix="pxeserve doctor looks at the state") from None


def _readers(state: Path, stack: ExitStack) -> dict[str, sqlite3.Connection]:
    readers = {group: stack.enter_context(closing(_opened(state / f"{group}.db"))) for group in HEADS}
    pause = threading.Event()
    for _ in range(_TRIES):
        try:
            _begin_together(state, readers)
            return readers
        except sqlite3.OperationalError:  # somebody writes: let go of all, so that nobody waits for us
            for reader in readers.values():
                reader.rollback()
            pause.wait(_PAUSE)
    raise PxeserveError(f"{state}: somebody writes all the while", code="busy", fix="save the site again in a while")


def _begin_together(state: Path, readers: dict[str, sqlite3.Connection]) -> None:
    with ExitStack() as locks:
        for group in readers:
            lock = locks.enter_context(closing(_opened(state / f"{group}.db")))
            lock.execute("BEGIN IMMEDIATE")
        for reader in readers.values():
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None)


def faults(path: Path) -> str:
    """What SQLite finds wrong in a database, "" for nothing."""
    try:
        with closing(_opened(path)) as connection:
            said = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if said == "ok" else said

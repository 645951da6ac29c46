"""The inventory, asked for once a request: it costs microseconds while nothing was written, and is never older than the last commit.

SQLite counts the commits of others in `PRAGMA data_version`; only when that has moved is the store asked. For one thread.
"""

from __future__ import annotations

import sqlite3

from pxeserve.snapshot import Snapshot, SnapshotSource
from pxeserve.store import Store


class Visible:
    """`current()` is the snapshot as it stands in the store now. Raises SQLAlchemyError when the store cannot be read.

    Asks once when it is made, so that what asking needs is open before a crowd has taken every descriptor.
    """

    def __init__(self, store: Store) -> None:
        self._source = SnapshotSource(store)
        self._pooled = store.site.engine.raw_connection()
        self._known: tuple[int, Snapshot] | None = None
        self.current()

    def current(self) -> Snapshot:
        """The inventory now."""
        version = self._version()
        if self._known is None or version is None or self._known[0] != version:
            snapshot = self._source.current()
            self._known = (version, snapshot) if version is not None else None
            return snapshot
        return self._known[1]

    def close(self) -> None:
        """Give the connection back."""
        self._pooled.close()

    def _version(self) -> int | None:
        """The file's commit counter; None where there is none or it cannot be read, and then the store is asked."""
        connection = self._pooled.driver_connection
        if not isinstance(connection, sqlite3.Connection):
            return None
        try:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return None

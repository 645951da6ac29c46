"""The table's changes onto the disk, in groups; nothing that depends on them leaves before.

Between the pure table and `store.leases`. Refuses to know packets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Address

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.dhcp.lending.lease import Changes, Lease, State
from pxeserve.events.record import harmless
from pxeserve.store import Database
from pxeserve.store import leases as table
from pxeserve.store.ready import group

SIGHTINGS_KEPT = 86400.0
_HOSTNAME = 80


class NotStoredError(Exception):
    """The disk did not take the group: nothing of it may be promised."""


class Ledger:
    """Leases on the disk."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer: Connection | None = None

    def load(self) -> tuple[list[Lease], int]:
        """Every lease that can be read, and how many could not."""
        with self._database.read() as connection:
            loaded = table.load(connection)
        return [_lease(row) for row in loaded.leases], loaded.skipped

    def write(self, changes: Changes) -> None:
        """One durable transaction. Raises NotStoredError when it did not happen."""
        if changes:
            with self._group() as connection:
                table.remove(connection, changes.gone)
                table.put(connection, (_row(lease) for lease in changes.put))

    def write_sightings(self, sightings: Iterable[tuple[IPv4Address, str]], now: float) -> None:
        """Who was seen taking which address at `now`. Raises NotStoredError."""
        seen = {address: table.Sighting(address, mac, now) for address, mac in sightings}
        if seen:
            with self._group() as connection:
                table.put_sightings(connection, seen.values())

    def prune(self, now: float) -> None:
        """Forget sightings of yesterday. Raises NotStoredError."""
        try:
            with self._database.write() as connection:
                table.prune_sightings(connection, now - SIGHTINGS_KEPT)
        except (SQLAlchemyError, OSError) as error:
            raise _not_stored(error) from error

    def close(self) -> None:
        """Give the connection back. The next group takes a new one, as it does after a group that was not stored."""
        writer, self._writer = self._writer, None
        if writer is not None:
            with suppress(SQLAlchemyError):
                writer.close()

    @contextmanager
    def _group(self) -> Iterator[Connection]:
        try:
            if self._writer is None:
                self._writer = self._database.writer()
            with group(self._writer):
                yield self._writer
        except (SQLAlchemyError, OSError) as error:
            self.close()
            raise _not_stored(error) from error


def _not_stored(error: Exception) -> NotStoredError:
    return NotStoredError(str(getattr(error, "orig", None) or error))


def _row(lease: Lease) -> table.LeaseRow:
    return table.LeaseRow(
        address=lease.address,
        mac=lease.mac,
        client_id=lease.client_id,
        hostname=harmless(lease.hostname, _HOSTNAME),
        state=lease.state.value,
        starts=lease.starts,
        expires=lease.expires,
        relay=lease.relay,
    )


def _lease(row: table.LeaseRow) -> Lease:
    return Lease(row.address, row.mac, row.client_id, State(row.state), row.starts, row.expires, row.hostname, row.relay)

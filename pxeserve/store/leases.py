"""Queries on leases and sightings: what the DHCP process promised, and what it overheard.

The DHCP process alone writes here. It holds the whole table in memory and writes changes in groups, each one durable before
any acknowledgement leaves; others only read. Refuses to know the policy by which addresses are lent (`dhcp.leases`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, Row, Table, bindparam, cast, delete, or_, select
from sqlalchemy.dialects.sqlite import insert

from pxeserve.domain.client import parse_mac
from pxeserve.store import tables as t
from pxeserve.store.ready import Ready

STATES = frozenset({"bound", "released", "declined"})
_LONGEST = 600


class LeaseRow(NamedTuple):
    """One lease as it lies on the disk. `client_id` is option 61 in hex, or empty; `starts` and `expires` are epoch seconds;
    `relay` is the giaddr and circuit through which it was asked for, or empty."""

    address: IPv4Address
    mac: str
    client_id: str
    hostname: str
    state: str
    starts: float
    expires: float
    relay: str = ""

    def bound(self, now: float) -> bool:
        """Whether the address is lent at `now`."""
        return self.state == "bound" and now < self.expires


@dataclass(frozen=True, slots=True)
class Sighting:
    """An address that another server lent: option 50 of the broadcast REQUEST that `mac` sent at epoch second `at`."""

    address: IPv4Address
    mac: str
    at: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """All leases that could be read, and how many records could not (they are left alone and never stop a start)."""

    leases: tuple[LeaseRow, ...]
    skipped: int


def load(connection: Connection) -> Loaded:
    """Every lease, each checked on its own. Text is read as bytes, so that one broken record cannot spoil the others."""
    columns = [cast(column, LargeBinary).label(column.name) if column.type.python_type is str else column for column in t.lease.c]
    leases: list[LeaseRow] = []
    skipped = 0
    for row in connection.execute(select(*columns)):
        try:
            leases.append(_checked(*row))
        except ValueError:
            skipped += 1
    return Loaded(tuple(leases), skipped)


def put(connection: Connection, leases: Iterable[LeaseRow]) -> None:
    """Insert or replace by address."""
    _LEASE.put(connection, [(str(one[0]), *one[1:]) for one in leases])


def put_sightings(connection: Connection, sightings: Iterable[Sighting]) -> None:
    """Insert or replace by address."""
    _SIGHTING.put(connection, [(str(one.address), one.mac, one.at) for one in sightings])


def remove(connection: Connection, addresses: Iterable[IPv4Address]) -> None:
    """Forget the leases of `addresses`."""
    _GONE.put(connection, [(str(address),) for address in addresses])


def prune_sightings(connection: Connection, before: float) -> int:
    """Forget sightings from before epoch second `before`; how many."""
    return connection.execute(delete(t.sighting).where(t.sighting.c.at < before)).rowcount


def by_address(connection: Connection, address: IPv4Address) -> LeaseRow | None:
    """The lease of `address`, whatever its state."""
    return _first(connection.execute(select(t.lease).where(t.lease.c.address == str(address))).all())


def by_mac(connection: Connection, mac: str) -> list[LeaseRow]:
    """The leases of `mac`, the newest first. Firmware and installer of one machine may hold two (other client identifiers)."""
    return _rows(connection.execute(select(t.lease).where(t.lease.c.mac == mac).order_by(t.lease.c.starts.desc())).all())


def listed(connection: Connection, now: float | None = None) -> list[LeaseRow]:
    """All leases by address; with `now` only those that hold an address at that epoch second (bound or quarantined)."""
    query = select(t.lease)
    if now is not None:
        query = query.where(or_(t.lease.c.state == "bound", t.lease.c.state == "declined"), t.lease.c.expires > now)
    return sorted(_rows(connection.execute(query).all()), key=lambda lease: lease.address)


def sighting(connection: Connection, address: IPv4Address) -> Sighting | None:
    """Who was last seen asking another server for `address`."""
    row = connection.execute(select(t.sighting).where(t.sighting.c.address == str(address))).first()
    return Sighting(IPv4Address(row.address), row.mac, row.at) if row else None


def sightings_of(connection: Connection, macs: Collection[str]) -> list[Sighting]:
    """Which addresses these MACs were seen asking other servers for, the last time for each address."""
    rows = connection.execute(select(t.sighting).where(t.sighting.c.mac.in_(macs)))
    return [Sighting(IPv4Address(row.address), row.mac, row.at) for row in rows]


def known_macs(connection: Connection, macs: Collection[str]) -> set[str]:
    """Those of these MACs that have or had a lease here, or were seen asking another server."""
    of = (select(table.c.mac).where(table.c.mac.in_(macs)) for table in (t.lease, t.sighting))
    return {mac for query in of for mac in connection.execute(query).scalars()}


def _upsert(table: Table) -> Ready:
    """Rows in the order of the table's columns."""
    statement = insert(table)
    others = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
    statement = statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=others)
    return Ready(statement, [column.name for column in table.c])


_LEASE, _SIGHTING = _upsert(t.lease), _upsert(t.sighting)
_GONE = Ready(delete(t.lease).where(t.lease.c.address == bindparam("key")), ["key"])


def _first(rows: Iterable[Row[Any]]) -> LeaseRow | None:
    return next(iter(_rows(rows)), None)


def _rows(rows: Iterable[Row[Any]]) -> list[LeaseRow]:
    return [
        LeaseRow(IPv4Address(row.address), row.mac, row.client_id, row.hostname, row.state, row.starts, row.expires, row.relay)
        for row in rows
    ]


def _checked(address: Any, mac: Any, client_id: Any, hostname: Any, state: Any, starts: Any, expires: Any, relay: Any) -> LeaseRow:
    """One record read back by the same rules by which records are made. Raises ValueError."""
    texts = [_text(value) for value in (address, mac, client_id, hostname, state, relay)]
    for value in (starts, expires):
        if not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError("not a time")
    if texts[4] not in STATES:
        raise ValueError("not a state")
    bytes.fromhex(texts[2])
    return LeaseRow(IPv4Address(texts[0]), parse_mac(texts[1]), texts[2], texts[3], texts[4], float(starts), float(expires), texts[5])


def _text(value: Any) -> str:
    if not isinstance(value, bytes) or len(value) > _LONGEST:
        raise ValueError("not a text")
    return value.decode()

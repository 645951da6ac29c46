"""Machines that network-booted and are in no inventory, as they described themselves. Written by the worker alone.

Refuses to know which of them are hosts by now: whoever shows them asks the inventory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from pxeserve.store import tables as t


@dataclass(frozen=True, slots=True)
class Machine:
    """One of them. Times are epoch seconds; `boots` counts its network boots; texts are harmless, and "" where it said nothing. `relay` is
    the agent's address (giaddr), `circuit` and `remote` are its port and itself as it names them (option 82). `serial`
    is the serial number that its loader said, from an address that is its own."""

    mac: str
    first_seen: float
    last_seen: float
    boots: int = 1
    vendor_class: str = ""
    arch: int | None = None
    uuid: str | None = None
    user_class: str = ""
    hostname: str = ""
    relay: str = ""
    circuit: str = ""
    remote: str = ""
    serial: str | None = None


def machines(connection: Connection) -> list[Machine]:
    """All of them, the last seen first."""
    return [Machine(**row) for row in connection.execute(select(t.discovered).order_by(t.discovered.c.last_seen.desc())).mappings()]


def machine(connection: Connection, mac: str) -> Machine | None:
    """The one with this MAC."""
    row = connection.execute(select(t.discovered).where(t.discovered.c.mac == mac)).mappings().first()
    return Machine(**row) if row else None


def some(connection: Connection, macs: Iterable[str]) -> dict[str, Machine]:
    """Those of `macs` that were seen, by MAC; a few hundred at most are asked for."""
    rows = connection.execute(select(t.discovered).where(t.discovered.c.mac.in_(list(macs)))).mappings()
    return {row["mac"]: Machine(**row) for row in rows}


def put(connection: Connection, found: Sequence[Machine], most: int) -> None:
    """Insert or rewrite, and forget what is more than `most`: first those that came once, the oldest first."""
    if not found:
        return
    statement = insert(t.discovered)
    columns = {column.name: statement.excluded[column.name] for column in t.discovered.c if column.name != "mac"}
    connection.execute(statement.on_conflict_do_update(index_elements=[t.discovered.c.mac], set_=columns), [asdict(one) for one in found])
    surplus = (connection.execute(select(func.count()).select_from(t.discovered)).scalar() or 0) - most
    if surplus > 0:
        seen = t.discovered.c
        oldest = select(seen.mac).order_by(seen.boots > 1, seen.last_seen).limit(surplus)
        connection.execute(delete(t.discovered).where(seen.mac.in_(oldest)))


def forget(connection: Connection, macs: Iterable[str]) -> None:
    """Remove those with these MACs; a few hundred at most."""
    connection.execute(delete(t.discovered).where(t.discovered.c.mac.in_(list(macs))))

"""Machines that network-booted and are in no inventory, as they described themselves. Written by the worker alone.

Refuses to know which of them are hosts by now: whoever shows them asks the inventory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, select, text
from sqlalchemy.dialects.sqlite import insert

from pxeserve.store import tables as t
from pxeserve.store.ready import Ready


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
    """Those of `macs` that were seen, by MAC."""
    return {row[0]: Machine(*row) for row in _SOME.ask(connection, json.dumps(list(macs)))}


def put(connection: Connection, found: Sequence[Machine], most: int) -> None:
    """Insert or rewrite, and forget what is more than `most`: first those that came once, the oldest first."""
    if not found:
        return
    _MACHINES.put(connection, [_values(one) for one in found])
    ((there,),) = _HOW_MANY.ask(connection)
    if there > most:
        _OLDEST.put(connection, [(there - most,)])


def forget(connection: Connection, macs: Iterable[str]) -> None:
    """Remove those with these MACs; a few hundred at most."""
    connection.execute(delete(t.discovered).where(t.discovered.c.mac.in_(list(macs))))


def _upsert() -> Ready:
    statement = insert(t.discovered)
    said = {name: statement.excluded[name] for name in _FIELDS if name != "mac"}
    return Ready(statement.on_conflict_do_update(index_elements=[t.discovered.c.mac], set_=said), _FIELDS)


def _some() -> Select[Any]:
    asked = func.json_each(bindparam("macs")).table_valued("value")
    return select(*(t.discovered.c[name] for name in _FIELDS)).where(t.discovered.c.mac.in_(select(asked.c.value)))


_FIELDS = [field.name for field in fields(Machine)]
_values = attrgetter(*_FIELDS)
_MACHINES, _SOME = _upsert(), Ready(_some(), ["macs"])
_HOW_MANY = Ready(select(func.count()).select_from(t.discovered), [])
_OLDEST = Ready(
    text("DELETE FROM discovered WHERE mac IN (SELECT mac FROM discovered ORDER BY boots > 1, last_seen LIMIT :surplus)"), ["surplus"]
)

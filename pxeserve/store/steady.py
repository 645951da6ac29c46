"""Queries on the steady clock's one row. Refuses to know what it is good for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from pxeserve.store import tables as t


@dataclass(frozen=True, slots=True)
class ClockRow:
    """In the kernel's run `boot_id` the clock is `base` and CLOCK_BOOTTIME together; `reached` is the newest event's."""

    boot_id: str
    base: float
    reached: float


def clock(connection: Connection) -> ClockRow | None:
    """The clock as it was left; None before it began."""
    row = connection.execute(select(t.steady_clock)).first()
    if row is None:
        return None
    newest = connection.execute(select(func.max(t.event.c.steady)).where(t.event.c.id > _newest(connection) - 1000)).scalar()
    return ClockRow(row.boot_id, row.base, max(row.reached, newest or 0.0))


def begin(connection: Connection, boot_id: str, base: float) -> None:
    """Let the clock go on from `base` in the kernel's run `boot_id`; what it had reached stays."""
    known = clock(connection)
    connection.execute(delete(t.steady_clock))
    reached = known.reached if known else 0.0
    connection.execute(insert(t.steady_clock).values(boot_id=boot_id, base=base, reached=reached))


def _newest(connection: Connection) -> int:
    return connection.execute(select(func.max(t.event.c.id))).scalar() or 0

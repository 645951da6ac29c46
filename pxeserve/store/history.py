"""Queries on the history of answers: what a site, a profile or a host declared after each change, and the files that hosts were armed with.

Bounded for each thing. Refuses to know what answers mean; whoever adds a row has taken out of it what must not be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, tuple_

from pxeserve.store import tables as t

MOST = 100
"""Rows of one thing; the oldest go first."""

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Row:
    """What `what` (site, profile, host, armed) `name` declared from `at` (epoch seconds) on. `action` is the verb that changed it, `who`
    asked for it ("" for what was there before anything was remembered), `note` is theirs. `id` is 0 until it is kept."""

    what: str
    name: str
    at: float
    who: str
    action: str
    answers: Mapping[str, Any]
    note: str = ""
    id: int = 0


def add(connection: Connection, rows: Sequence[Row]) -> None:
    """Keep rows, in their order, and forget the oldest of things that have too many."""
    if not rows:
        return
    columns = ("what", "name", "at", "who", "action", "answers", "note")
    connection.execute(insert(t.answers_history), [{key: getattr(row, key) for key in columns} for row in rows])
    things = list({(row.what, row.name) for row in rows})
    for at in range(0, len(things), _AT_ONCE):
        _prune(connection, things[at : at + _AT_ONCE])


def known(connection: Connection, things: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of `things` (what, name) of which anything is remembered."""
    h, found = t.answers_history.c, set[tuple[str, str]]()
    for at in range(0, len(things), _AT_ONCE):
        some = select(h.what, h.name).where(tuple_(h.what, h.name).in_(things[at : at + _AT_ONCE])).distinct()
        found |= {(row.what, row.name) for row in connection.execute(some)}
    return found


def rows(connection: Connection, what: str, name: str, most: int = MOST) -> list[Row]:
    """What is remembered of one thing, the newest first."""
    h = t.answers_history.c
    query = select(t.answers_history).where(h.what == what, h.name == name).order_by(h.id.desc()).limit(most)
    return [_row(row) for row in connection.execute(query)]


def by_id(connection: Connection, row_id: int) -> Row | None:
    """One row."""
    row = connection.execute(select(t.answers_history).where(t.answers_history.c.id == row_id)).first()
    return _row(row) if row is not None else None


def forget(connection: Connection, whats: Sequence[str], names: Sequence[str]) -> None:
    """Forget all of these things: others may get their names."""
    h = t.answers_history.c
    for at in range(0, len(names), _AT_ONCE):
        connection.execute(delete(t.answers_history).where(h.what.in_(whats), h.name.in_(names[at : at + _AT_ONCE])))


def _prune(connection: Connection, things: Sequence[tuple[str, str]]) -> None:
    h = t.answers_history.c
    counted = select(h.what, h.name).where(tuple_(h.what, h.name).in_(things)).group_by(h.what, h.name).having(func.count() > MOST)
    for what, name in connection.execute(counted).all():
        kept = select(h.id).where(h.what == what, h.name == name).order_by(h.id.desc()).limit(MOST)
        connection.execute(delete(t.answers_history).where(h.what == what, h.name == name, h.id.not_in(kept)))


def _row(row: Any) -> Row:
    return Row(row.what, row.name, row.at, row.who, row.action, dict(row.answers), row.note, row.id)

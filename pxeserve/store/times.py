"""Queries on how long the stages of ended installations took. Written by the worker alone. Refuses to know what a stage is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from pxeserve.store import tables as t

KEPT = 2000
"""Installations that are remembered, the newest."""


@dataclass(frozen=True, slots=True)
class TimeRow:
    """One ended installation: `stages` are seconds by stage, `ended_at` is epoch seconds, `done` whether it was a success."""

    install: str
    host: str
    profile: str
    ended_at: float
    done: bool
    stages: Mapping[str, float]


def put(connection: Connection, row: TimeRow) -> None:
    """Keep `row`, in place of what was kept of that install."""
    values = {**asdict(row), "stages": dict(row.stages)}
    statement = insert(t.install_time).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=[t.install_time.c.install], set_=values))


def known(connection: Connection, installs: Iterable[str]) -> dict[str, TimeRow]:
    """What is kept of `installs`, by their ids."""
    rows = connection.execute(select(t.install_time).where(t.install_time.c.install.in_(list(installs))))
    return {row.install: TimeRow(**row._mapping) for row in rows}


def earlier(connection: Connection, profile: str, before: float, limit: int) -> list[TimeRow]:
    """The newest `limit` good installations of `profile` that ended before epoch second `before`."""
    times = t.install_time.c
    query = select(t.install_time).where(times.profile == profile, times.done, times.ended_at < before)
    return [TimeRow(**row._mapping) for row in connection.execute(query.order_by(times.ended_at.desc()).limit(limit))]


def prune(connection: Connection, keep: int = KEPT) -> None:
    """Forget all but the newest `keep`."""
    newest = select(t.install_time.c.install).order_by(t.install_time.c.ended_at.desc()).limit(keep)
    connection.execute(delete(t.install_time).where(t.install_time.c.install.not_in(newest)))

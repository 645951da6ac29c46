"""Queries on jobs: what takes too long to wait for. Refuses to know what a job does, and who carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from pxeserve.store import tables as t

LIVE = ("waiting", "running")
"""The states of a job that has not ended."""


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job. `role` is the asker's, as a number; `about` says in a few words what it is about. `state` is waiting, running, done, failed,
    cancelled or interrupted. `done` of `total` units (bytes, usually) are finished, and `text` says what is being done; `result` is the
    verb's answer, `problem` why there is none (`message`, `code`, `fix`). `cancelled_by` is who wished it to stop; `attempts` how often
    it was begun. Times are epoch seconds."""

    id: str
    verb: str
    about: str
    arguments: Mapping[str, Any]
    actor: str
    role: int
    state: str
    made_at: float
    done: int = 0
    total: int = 0
    text: str = ""
    result: Any = None
    problem: Mapping[str, str] | None = None
    began_at: float | None = None
    ended_at: float | None = None
    cancelled_by: str | None = None
    attempts: int = 0


def add(connection: Connection, row: JobRow) -> None:
    """Write a new job down."""
    connection.execute(insert(t.job).values({name: getattr(row, name) for name in JobRow.__slots__}))


def by_id(connection: Connection, job_id: str) -> JobRow | None:
    """The job `job_id`."""
    return _one(connection.execute(select(t.job).where(t.job.c.id == job_id)).first())


def listed(connection: Connection, states: tuple[str, ...] | None, limit: int) -> list[JobRow]:
    """Jobs, the newest first; those in `states` only, where some are named."""
    query = select(t.job).order_by(t.job.c.made_at.desc(), t.job.c.id).limit(limit)
    found = connection.execute(query if states is None else query.where(t.job.c.state.in_(states)))
    return [one for row in found if (one := _one(row)) is not None]


def count(connection: Connection, states: tuple[str, ...]) -> int:
    """How many jobs are in one of `states`."""
    return connection.execute(select(func.count()).select_from(t.job).where(t.job.c.state.in_(states))).scalar() or 0


def change(connection: Connection, job_id: str, **values: Any) -> None:
    """Write some columns of a job anew."""
    connection.execute(update(t.job).where(t.job.c.id == job_id).values(values))


def wish_to_stop(connection: Connection, job_id: str, actor: str) -> None:
    """Write down who wished a job to stop, the first to do so."""
    connection.execute(update(t.job).where(t.job.c.id == job_id, t.job.c.cancelled_by.is_(None)).values(cancelled_by=actor))


def forget(connection: Connection, before: float) -> None:
    """Remove the jobs that ended before epoch second `before`."""
    connection.execute(delete(t.job).where(t.job.c.ended_at < before))


def _one(row: Row[Any] | None) -> JobRow | None:
    return JobRow(**{name: getattr(row, name) for name in JobRow.__slots__}) if row is not None else None

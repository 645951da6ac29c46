"""Jobs: see them, and have one stop. Who carries them out is the console's business (`console.jobs`)."""

from __future__ import annotations

import time
from typing import Any, Literal

from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, RefusedError
from pxeserve.operations import registry
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.store import audit
from pxeserve.store import jobs as stored
from pxeserve.store.jobs import LIVE, JobRow

_MOST = 1000
State = Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]


@verb("job.list", role=Role.VIEWER)
def list_jobs(context: Context, *, state: State | None = None) -> list[dict[str, Any]]:
    """Jobs of the last seven days, the newest first; those in `state` only, where one is said."""
    with context.store.site.read() as connection:
        return [described(row) for row in stored.listed(connection, (state,) if state else None, _MOST)]


@verb("job.show", role=Role.VIEWER)
def show(context: Context, *, id: str) -> dict[str, Any]:
    """One job with what came of it: to those alone who might have asked for it themselves."""
    with context.store.site.read() as connection:
        row = _known(stored.by_id(connection, id), id)
    return _shown(context, row)


@verb("job.cancel", role=Role.VIEWER, changes=True)
def cancel(context: Context, *, id: str) -> dict[str, Any]:
    """Have a job stop as soon as it can: one's own, or as an operator any. Raises ConflictError for one that has ended."""
    with context.store.site.write() as connection:
        row = _known(stored.by_id(connection, id), id)
        if context.actor.role < Role.OPERATOR and row.actor != context.actor.name:
            raise RefusedError(f"job {id} is {row.actor}'s", code="forbidden", fix="an operator can stop it")
        if row.state not in LIVE:
            raise ConflictError(f"job {id} has ended: {row.state}")
        stored.wish_to_stop(connection, id, context.actor.name)
        audit.append(connection, time.time(), context.actor.name, "job.cancel", f"{row.verb} {row.about}")
        row = _known(stored.by_id(connection, id), id)
    return _shown(context, row)


def described(row: JobRow) -> dict[str, Any]:
    """A job for programs, without what came of it."""
    return {
        "id": row.id,
        "verb": row.verb,
        "about": row.about,
        "state": row.state,
        "by": row.actor,
        "made_at": row.made_at,
        "began_at": row.began_at,
        "ended_at": row.ended_at,
        "done": row.done,
        "total": row.total,
        "text": row.text,
        "cancelled_by": row.cancelled_by,
        "problem": dict(row.problem) if row.problem else None,
    }


def _shown(context: Context, row: JobRow) -> dict[str, Any]:
    asked = registry.verbs().get(row.verb)
    may = asked is not None and context.actor.role >= asked.role
    return {**described(row), "result": row.result if may else None}


def _known(row: JobRow | None, job_id: str) -> JobRow:
    if row is None:
        raise NotFoundError(f"there is no job {job_id}", fix="an ended one is kept for seven days; pxeserve job list shows them")
    return row

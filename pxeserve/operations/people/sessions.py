"""Who is logged in where: everybody sees and ends their own sessions, administrators those of all."""

from __future__ import annotations

import time
from typing import Any

from pxeserve.accounts import sessions
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.moment import SYSTEM, Moment
from pxeserve.operations.context import Context
from pxeserve.operations.people.owning import whose
from pxeserve.operations.registry import verb
from pxeserve.store import accounts as store
from pxeserve.store import audit
from pxeserve.store.accounts import SessionRow


@verb("session.list", role=Role.VIEWER)
def list_sessions(context: Context, *, user: str | None = None) -> list[dict[str, Any]]:
    """The sessions of `user`, or one's own; an administrator who names nobody sees all. The last used come first."""
    now = SYSTEM.now()
    with context.store.site.read() as connection:
        rows = [row for row in store.sessions(connection, whose(context, connection, user)) if not sessions.is_over(row, now)]
    rows.sort(key=lambda row: Moment(*row.seen).wall, reverse=True)
    return [_described(context, row, now) for row in rows]


@verb("session.end", role=Role.VIEWER, changes=True)
def end(context: Context, *, id: str) -> dict[str, Any]:
    """End one's own session `id`, or, as an administrator, anybody's."""
    with context.store.site.write() as connection:
        owner = whose(context, connection, None)
        found = next((row for row in store.sessions(connection, owner) if row.id == id), None)
        if found is None:
            raise NotFoundError(f"there is no session {id[:16]}", fix="it has ended, or is another's")
        store.end_sessions(connection, [found.id])
        audit.append(connection, time.time(), context.actor.name, "session.end", found.id, f"of {found.user}")
    return {"ended": found.id, "user": found.user}


@verb("session.end-all", role=Role.VIEWER, changes=True)
def end_all(context: Context, *, user: str | None = None) -> dict[str, Any]:
    """End all sessions of `user`, or one's own but this one."""
    with context.store.site.write() as connection:
        owner = whose(context, connection, user) or context.actor.user
        if not owner:
            raise PxeserveError("whose sessions?", fix="name the user")
        mine = context.actor.key if context.actor.kind == "session" and owner == context.actor.user else ""
        ended = store.end_sessions_of(connection, owner, but=mine)
        if ended:
            audit.append(connection, time.time(), context.actor.name, "session.end", owner, f"{ended} sessions")
    return {"ended": ended, "user": owner}


def _described(context: Context, row: SessionRow, now: Moment) -> dict[str, Any]:
    return {
        "id": row.id,
        "user": row.user,
        "address": row.address,
        "agent": row.agent,
        "begun_at": Moment(*row.begun).wall,
        "seen_at": Moment(*row.seen).wall,
        "fresh": sessions.is_fresh(row, now),
        "this": context.actor.kind == "session" and context.actor.key == row.id,
    }

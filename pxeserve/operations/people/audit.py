"""The audit as people read it, and whether anybody has changed it. Nothing here writes a line."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.store import audit as stored

MOST = 1000
Word = Annotated[str, Field(max_length=200)]


@verb("audit.list", role=Role.ADMIN, changes=False)
def list_lines(
    context: Context,
    *,
    actor: Word | None = None,
    action: Word | None = None,
    object: Word | None = None,
    since: float | None = None,
    until: float | None = None,
    before: Annotated[int, Field(ge=1)] | None = None,
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100,
) -> dict[str, Any]:
    """The newest `limit` lines, the newest first: of an actor, an action (`session.*` for all that begin so), an object, between two
    moments in epoch seconds. `next` is what to say as `before` for those that come after them, None when there are none."""
    wanted = stored.Wanted(actor, action, object, since, until, before)
    with context.store.site.read() as connection:
        found = stored.lines(connection, wanted, limit + 1)
    return {"lines": found[:limit], "next": found[limit - 1]["seq"] if len(found) > limit else None}


@verb("audit.verify", role=Role.ADMIN, changes=False)
def verify(context: Context) -> dict[str, Any]:
    """Whether every line is as it was written and none is missing. `broken_at` is the first that is not, None when all is whole."""
    with context.store.site.read() as connection:
        found = stored.chain(connection)
    return {"whole": found.broken_at is None, "lines": found.lines, "broken_at": found.broken_at, "because": found.because}

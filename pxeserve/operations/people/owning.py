"""Whose sessions and tokens somebody may ask about: their own, or anybody's as an administrator."""

from __future__ import annotations

from sqlalchemy import Connection

from pxeserve.accounts import people
from pxeserve.domain.role import Role
from pxeserve.errors import RefusedError
from pxeserve.operations.context import Context


def whose(context: Context, connection: Connection, user: str | None) -> str | None:
    """The account that is meant: `user`, or the asker's own when nobody is named; None for all of them, which is what an administrator
    means who names nobody. Raises RefusedError (`forbidden`) for another's, and NotFoundError for an account that is not there."""
    actor = context.actor
    if actor.role >= Role.ADMIN:
        return people.known(connection, user).name if user is not None else None
    if user is not None and user.strip().lower() != actor.user:
        raise RefusedError("sessions and tokens of others are an administrator's business", code="forbidden", fix="ask one")
    return actor.user

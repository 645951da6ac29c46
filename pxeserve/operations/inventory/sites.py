"""What all hosts of the site are told, unless a profile or they themselves say otherwise."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from pxeserve.answerfile.declared import redacted
from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.inherited import Inherited, answers_fault
from pxeserve.operations.inventory.remembering import Changed, remember
from pxeserve.operations.registry import verb
from pxeserve.operations.words.revisions import refuse_stale, revision_of
from pxeserve.operations.words.settings import put, settings
from pxeserve.store import audit, inventory


@verb("site.show", role=Role.VIEWER)
def show(context: Context) -> dict[str, Any]:
    """The answers that all hosts share; passwords are not shown."""
    with context.store.site.read() as connection:
        return _edited(context, connection)


@verb("site.set", role=Role.OPERATOR)
def set_site(context: Context, *, set: list[str], revision: str | None = None) -> dict[str, Any]:
    """Change them: KEY=VALUE sets, KEY+=VALUE adds to a list, KEY= takes away. Raises StaleError when `revision` is said and they are
    others by now."""
    with context.store.site.write() as connection:
        answers, before = inventory.site_answers(connection), inventory.site_answers(connection)
        refuse_stale(context.config.server.data, "the site", {"answerfile": answers}, revision)
        for setting in settings(set):
            put(answers, setting)
        save(connection, answers)
        remember(connection, context, "site.set", [Changed("site", "", before, answers)])
        Inherited(connection, context.config.server.data).check_site()
        audit.append(connection, time.time(), context.actor.name, "site.set", "site")
        return _edited(context, connection)


def save(connection: Connection, answers: Mapping[str, Any]) -> None:
    """Store the site's answers. Raises PxeserveError for what nobody could mean."""
    answers_fault("site", answers)
    inventory.put_site_answers(connection, answers)


def _edited(context: Context, connection: Connection) -> dict[str, Any]:
    own = {"answerfile": inventory.site_answers(connection)}
    return {**described(connection), "revision": revision_of(context.config.server.data, own)}


def described(connection: Connection) -> dict[str, Any]:
    """The site for programs; secrets are not shown."""
    return {"answerfile": redacted(inventory.site_answers(connection))}

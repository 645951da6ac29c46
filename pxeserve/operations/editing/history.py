"""What a site, a profile or a host declared before, and back to it. Taking back is a change like any other, and can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pxeserve.answerfile.declared import SHOWN, redacted
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.editing.saving import put
from pxeserve.operations.editing.subject import Subject, subject
from pxeserve.operations.inventory.difference import difference, flat
from pxeserve.operations.inventory.remembering import What
from pxeserve.operations.registry import verb
from pxeserve.store import history

_PASSWORD = "root-password"  # noqa: S105 - an element's name


@verb("history.list", role=Role.VIEWER)
def list_(context: Context, *, what: What, name: str = "") -> list[dict[str, Any]]:
    """What the answers of the site, a profile or a host were, the newest first, each with who changed them, how, and what was different
    from the time before; the first of them are those of now."""
    with context.store.site.read() as connection:
        found = subject(connection, what, name)
        rows = history.rows(connection, what, found.name)
    before = [row.answers for row in rows[1:]]
    told = []
    for number, row in enumerate(rows):
        was = before[number] if number < len(before) else {}
        told.append({**_plain(row), "changes": _changes(found, was, row.answers), "now": number == 0})
    return told


@verb("history.show", role=Role.VIEWER)
def show(context: Context, *, id: int) -> dict[str, Any]:
    """The answers of one moment, secrets not shown, and what would change if they were taken back."""
    row, found = _known(context, id)
    return {**_plain(row), "answers": redacted(row.answers), "changes": _changes(found, found.own, _restored(row, found))}


@verb("history.restore", role=Role.OPERATOR)
def restore(context: Context, *, id: int) -> dict[str, Any]:
    """Declare again what was declared at one moment, as a change of its own. Raises PxeserveError, and changes nothing, when it could not
    work any more."""
    row, _ = _known(context, id)
    moment = datetime.fromtimestamp(row.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    with context.store.site.write() as connection:
        found = subject(connection, _what(row), row.name)
        wanted = _restored(row, found)
        notes = put(connection, context, found, wanted, "history.restore", f"as it was at {moment}")
    return {"what": row.what, "name": row.name, "changes": _changes(found, found.own, wanted), "notes": notes}


def _known(context: Context, row_id: int) -> tuple[history.Row, Subject]:
    with context.store.site.read() as connection:
        row = history.by_id(connection, row_id)
        if row is None or row.what not in ("site", "profile", "host"):
            raise NotFoundError(f"nothing is remembered as {row_id}", fix="the history shows what is")
        return row, subject(connection, _what(row), row.name)


def _what(row: history.Row) -> What:
    found: What = "site" if row.what == "site" else "profile" if row.what == "profile" else "host"
    return found


def _restored(row: history.Row, found: Subject) -> dict[str, Any]:
    """The answers of then; a password in plain text was not kept, so it has to be the one of now."""
    answers = dict(row.answers)
    said = answers.get(_PASSWORD)
    if said == SHOWN or (isinstance(said, Mapping) and said.get("plaintext") == SHOWN):
        now = found.own.get(_PASSWORD)
        if not isinstance(now, str) and not (isinstance(now, Mapping) and "plaintext" in now):
            said = f"{found.layer}: the password of then was in plain text, and is not kept"
            raise PxeserveError(said, fix="set a password anew, and take the other answers over by hand")
        answers[_PASSWORD] = now
    return answers


def _changes(found: Subject, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if before == after:
        return ""
    return difference(found.what, found.name, flat(redacted(before)), flat(redacted(after)))


def _plain(row: history.Row) -> dict[str, Any]:
    return {"id": row.id, "what": row.what, "name": row.name, "at": row.at, "who": row.who, "action": row.action, "note": row.note}

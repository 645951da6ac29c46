"""Queries on webhooks: how far each has come, and what waits for it. The record itself is the queue.

Refuses to know how anything is posted.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, false, func, insert, or_, select, true, update

from pxeserve.store import events
from pxeserve.store import tables as t
from pxeserve.store.events import EventRow


@dataclass(frozen=True, slots=True)
class HookRow:
    """A webhook as it stands. `cursor` is the id of the last event that is done with, `attempts` counts those at the next one; times are
    epoch seconds."""

    name: str
    stream: str
    cursor: int
    delivered: int = 0
    refused: int = 0
    dropped: int = 0
    attempts: int = 0
    failing_since: float | None = None
    again_at: float | None = None
    last_at: float | None = None
    last_result: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a webhook has before it: how many events, and when the first of them happened (epoch seconds)."""

    count: int
    oldest: float | None


def find(connection: Connection, name: str) -> HookRow | None:
    """The webhook `name`, if it has ever begun."""
    row = connection.execute(select(t.webhook).where(t.webhook.c.name == name)).first()
    return HookRow(**row._mapping) if row is not None else None


def begin(connection: Connection, name: str) -> HookRow:
    """Let a webhook begin with what happens from now on."""
    row = HookRow(name, secrets.token_hex(6), events.newest_id(connection))
    connection.execute(insert(t.webhook).values(name=row.name, stream=row.stream, cursor=row.cursor))
    return row


def keep_only(connection: Connection, names: Sequence[str]) -> None:
    """Forget webhooks that are no longer configured."""
    connection.execute(delete(t.webhook).where(t.webhook.c.name.not_in(list(names))))


def change(connection: Connection, name: str, changes: Mapping[str, Any]) -> None:
    """Write down how a webhook fares."""
    connection.execute(update(t.webhook).where(t.webhook.c.name == name).values(**changes))


def farthest_behind(connection: Connection) -> int | None:
    """The id of the last event that every webhook is done with; None when there is no webhook."""
    return connection.execute(select(func.min(t.webhook.c.cursor))).scalar()


def following(connection: Connection, patterns: Sequence[str], after: int, limit: int) -> list[EventRow]:
    """The first events after the id `after` that are of a kind which `patterns` name."""
    return events.matching(connection, (t.event.c.id > after) & _of(patterns), limit)


def waiting(connection: Connection, patterns: Sequence[str], after: int) -> Waiting:
    """What of these kinds comes after the id `after`."""
    matching = (t.event.c.id > after) & _of(patterns)
    count = connection.execute(select(func.count()).select_from(t.event).where(matching)).scalar() or 0
    oldest = connection.execute(select(t.event.c.at).where(matching).order_by(t.event.c.id).limit(1)).scalar()
    return Waiting(count, oldest)


def skipped(connection: Connection, patterns: Sequence[str], after: int, count: int) -> int:
    """The id of the `count`-th event of these kinds after `after`."""
    query = select(t.event.c.id).where(t.event.c.id > after, _of(patterns)).order_by(t.event.c.id).offset(count - 1).limit(1)
    return connection.execute(query).scalar() or after


def older(connection: Connection, patterns: Sequence[str], after: int, before: float) -> int:
    """How many events of these kinds come after the id `after` before the first one that is not older than epoch second `before`."""
    matching = (t.event.c.id > after) & _of(patterns)
    first = connection.execute(select(func.min(t.event.c.id)).where(matching, t.event.c.at >= before)).scalar()
    upto = true() if first is None else t.event.c.id < first
    return connection.execute(select(func.count()).select_from(t.event).where(matching, upto)).scalar() or 0


def _of(patterns: Sequence[str]) -> ColumnElement[bool]:
    kind = t.event.c.kind
    own = kind.startswith("webhook.")
    if "*" in patterns:
        return ~own
    parts = [kind.startswith(one.removesuffix("*"), autoescape=True) if one.endswith(".*") else kind == one for one in patterns]
    return or_(false(), *parts) & ~own

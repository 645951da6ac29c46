"""The files that hosts were armed with, as people may see them: kept for whoever wants to know what changed since. Without passwords and
tokens, and a few of each host."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pxeserve.operations.context import Context
from pxeserve.operations.preparing.showing import hidden
from pxeserve.store import history, installs

_ARMED = "armed"
_TOKEN = re.compile(r"(?<=/[sp]/)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
_TOKEN_SHOWN = "TOKEN"  # noqa: S105 - what stands where one would


@dataclass(frozen=True, slots=True)
class Served:
    """A file that a host was armed with: when, by whom, and when it was first delivered whole (None: never); epoch seconds."""

    text: str
    armed_at: float
    who: str
    delivered_at: float | None


def masked(text: bytes) -> str:
    """An answerfile without its secrets."""
    return untold(hidden(text))


def untold(text: str) -> str:
    """A text without the tokens of an arming."""
    return _TOKEN.sub(_TOKEN_SHOWN, text)


def keep(context: Context, armed: Iterable[tuple[str, str, bytes]], now: float) -> None:
    """Keep the files of hosts that were armed: the host's name, the install's id, and the file."""
    rows = [history.Row(_ARMED, host, now, context.actor.name, "host.install", {"text": masked(file)}, id_) for host, id_, file in armed]
    if rows:
        with context.store.site.write() as connection:
            history.add(connection, rows)


def last(context: Context, host: str) -> Served | None:
    """The file that was last delivered to a host; when none was, the one that it was last armed with."""
    with context.store.site.read() as connection:
        rows = history.rows(connection, _ARMED, host)
        delivered = {row.id: one.delivered_at for row in rows if (one := installs.by_id(connection, row.note)) is not None}
    row = next((row for row in rows if delivered.get(row.id)), next(iter(rows), None))
    return Served(str(row.answers.get("text", "")), row.at, row.who, delivered.get(row.id)) if row is not None else None

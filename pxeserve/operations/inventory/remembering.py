"""What site, profiles and hosts declared before and after a change, remembered in the transaction of the change itself.

Passwords in plain text are not kept. Refuses to know what the answers mean, and who may change them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from pxeserve.answerfile.declared import SHOWN
from pxeserve.events.record import harmless
from pxeserve.operations.context import Context
from pxeserve.store import history

What = Literal["site", "profile", "host"]

BEFORE = "before"
"""Instead of a verb, for what was there when the first change was remembered."""

LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing whose answers changed; `before` is None for one that is new."""

    what: What
    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]


def remember(connection: Connection, context: Context, action: str, changes: Sequence[Changed], note: str = "") -> None:
    """Keep what changed, as the verb `action` did it, and of things of which nothing is kept yet what was there before."""
    changed = [one for one in changes if (one.before or {}) != one.after]
    if not changed:
        return
    known, now, found = history.known(connection, [(one.what, one.name) for one in changed]), time.time(), list[history.Row]()
    said = harmless(note)[:LONGEST_NOTE]
    for one in changed:
        if one.before and (one.what, one.name) not in known:
            found.append(history.Row(one.what, one.name, now, "", BEFORE, without_plain(one.before)))
        found.append(history.Row(one.what, one.name, now, context.actor.name, action, without_plain(one.after), said))
    history.add(connection, found)


def without_plain(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers without a password in plain text: its sign stands there."""
    said = answers.get("root-password")
    if isinstance(said, Mapping) and "plaintext" in said:
        return {**answers, "root-password": {"plaintext": SHOWN}}
    return {**answers, "root-password": SHOWN} if isinstance(said, str) and said != "random" else dict(answers)

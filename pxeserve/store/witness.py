"""How far the audit had come, kept beside the state and not within it, so that an older copy of `state/` is known for what it is.

In `run/`, which nobody saves and nobody restores. It follows the audit by a few seconds, and never goes before it. Refuses to know what
follows from an older state.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from sqlalchemy import Connection, insert, select

from pxeserve.store import Store
from pxeserve.store import tables as t

FILE = "audit-head"
_KEY = "audit.witnessed"
_HEAD = "audit.head"


class Standing(Enum):
    """What the witness says of the state: it goes on from there; it is from before that; nobody can say, as the witness that it had is
    gone."""

    SAME = auto()
    OLDER = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Found:
    """How the state stands: its last line of the audit, and the last one that was seen (0: none)."""

    standing: Standing
    line: int
    seen: int


def look(store: Store, data: Path) -> Found:
    """How the state beneath `data` stands. A state that never had a witness is the same."""
    seen = _read(data / "run" / FILE)
    with store.site.read() as connection:
        kept = _kept(connection)
        line = int(kept.get(_HEAD, "0 ").split(" ")[0])
        if seen is None:
            return Found(Standing.UNKNOWN if _KEY in kept else Standing.SAME, line, 0)
        number, hashed = seen
        there = connection.execute(select(t.audit.c.hash).where(t.audit.c.seq == number)).scalar()
    return Found(Standing.SAME if there == hashed else Standing.OLDER, line, number)


def keep(store: Store, data: Path) -> bool:
    """Write down how far the audit has come by now, on the disk before this returns; whether it had come on. Raises OSError."""
    path = data / "run" / FILE
    with store.site.read() as connection:
        kept = _kept(connection)
    head = kept.get(_HEAD)
    seen = _read(path)
    if head is None or (seen is not None and head == f"{seen[0]} {seen[1]}"):
        return False
    fresh = path.with_name(f"{FILE}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{head}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    if _KEY not in kept:  # after the file: a witness that was never written is not missed
        with store.site.write() as connection:
            connection.execute(insert(t.meta).values(key=_KEY, value="1"))
    return True


def _kept(connection: Connection) -> dict[str, str]:
    query = select(t.meta.c.key, t.meta.c.value).where(t.meta.c.key.in_((_KEY, _HEAD)))
    return {row.key: row.value for row in connection.execute(query)}


def _read(path: Path) -> tuple[int, str] | None:
    """The line's number and hash; None where there is no witness, or one that was spoilt."""
    try:
        found = re.fullmatch(r"(\d{1,18}) ([0-9a-f]{64})\n?", path.read_text(encoding="ascii"), re.ASCII)
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return (int(found[1]), found[2]) if found else None

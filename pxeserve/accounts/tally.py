"""Failures, counted: the first of its kind is told at once, those that follow it within a minute as one number.

A name that nobody has is never told: people type their password there now and then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

EVERY = 60.0
"""Seconds."""

MOST = 64
"""Kinds of failure that are counted by themselves; what comes on top of them in the same minute is counted together."""

OTHERS = "others"


@dataclass(slots=True)
class _Count:
    since: float
    more: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """What is told: `action` (`session.refused`), `about` whom or what, from which `place`, and how many there were."""

    action: str
    about: str
    place: str
    count: int


class Tally:
    """Tells through `tell`, outside its lock. Times are seconds of a clock that never goes back."""

    def __init__(self, tell: Callable[[Failure], None]) -> None:
        self._tell = tell
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str, str], _Count] = {}

    def count(self, action: str, about: str, place: str, now: float) -> None:
        """One more."""
        with self._lock:
            key = (action, about, place)
            if key not in self._counts and len(self._counts) >= MOST:
                key = (action, OTHERS, OTHERS)
            known = self._counts.get(key)
            if known is not None:
                known.more += 1
            else:
                self._counts[key] = _Count(now)
        if known is None:
            self._tell(Failure(*key, 1))

    def tell_what_is_due(self, now: float) -> None:
        """Tell the numbers of whatever began a minute ago. Call it now and then."""
        with self._lock:
            due = {key: one for key, one in self._counts.items() if now - one.since >= EVERY}
            for key, one in due.items():
                if one.more:
                    self._counts[key] = _Count(now)   # it goes on: the next number in a minute
                else:
                    del self._counts[key]
        for key, one in due.items():
            if one.more:
                self._tell(Failure(*key, one.more))

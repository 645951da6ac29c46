"""Who may begin a transfer: a token bucket for each source, and room that silent clients give up first (threats T17, T18).

A session is *silent* until its client has answered once: only then is it proven that somebody is there. Refuses to know what a
session is beyond its source.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar


@dataclass(frozen=True, slots=True)
class Quota:
    """`rate` new transfers a second and `burst` at once for each source; sessions for each source and altogether.

    Beyond `per_source` sessions a source's oldest silent one gives way. One whose sessions have all answered is no flood but many
    machines behind one address: it may go on to `answered_per_source`.
    """

    rate: float = 20.0
    burst: float = 64.0
    per_source: int = 16
    answered_per_source: int = 256
    overall: int = 4096


_MOST_SOURCES = 8192


class Buckets:
    """Tokens by source; a source not heard of for long has a full bucket and costs nothing."""

    def __init__(self, quota: Quota) -> None:
        self._rate = quota.rate
        self._burst = quota.burst
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, source: str, now: float) -> bool:
        """One token of `source`, if it has one. `now` in seconds, never going back."""
        level, at = self._levels.pop(source, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._rate)
        taken = level >= 1
        self._levels[source] = (level - 1 if taken else level, now)
        while len(self._levels) > _MOST_SOURCES:
            self._levels.popitem(last=False)
        return taken


class Full(Exception):
    """No room, and nobody silent to give way. `reason` is for counters."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


S = TypeVar("S")


class Room(Generic[S]):
    """The sessions there are, by source, oldest first, with the silent ones apart."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._count: dict[str, int] = {}
        self._total = 0
        self._silent: dict[S, str] = {}
        self._silent_of: dict[str, dict[S, None]] = {}

    def victim(self, source: str) -> S | None:
        """Who must give way for one more session of `source`; None when there is room. Raises Full."""
        count = self._count.get(source, 0)
        if count >= self._quota.per_source:
            if own := self._silent_of.get(source):
                return next(iter(own))
            if count >= self._quota.answered_per_source:
                raise Full("source-full")
        if self._total < self._quota.overall:
            return None
        if not self._silent:
            raise Full("full")
        return next(iter(self._silent))

    def enter(self, session: S, source: str) -> None:
        """One more, silent as yet."""
        self._count[source] = self._count.get(source, 0) + 1
        self._total += 1
        self._silent[session] = source
        self._silent_of.setdefault(source, {})[session] = None

    def answered(self, session: S) -> None:
        """Its client is there: it never gives way again."""
        source = self._silent.pop(session, None)
        if source is not None:
            own = self._silent_of[source]
            del own[session]
            if not own:
                del self._silent_of[source]

    def leave(self, session: S, source: str) -> None:
        """One less."""
        self.answered(session)
        self._total -= 1
        self._count[source] -= 1
        if not self._count[source]:
            del self._count[source]

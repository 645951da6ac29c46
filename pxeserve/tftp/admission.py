"""Who may begin a transfer: a token bucket for each source, and room that silent clients give up first (threats T17, T18).

A session is *silent* until its client has answered once: only then is it proven that somebody is there, and its source gets the
token back that the request cost. So forged requests are few and real ones as many as there are machines behind an address.
Whoever may not begin yet waits in line. Refuses to know what a session is beyond its source.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar


@dataclass(frozen=True, slots=True)
class Quota:
    """`rate` unanswered transfers a second and `burst` at once for each source; sessions for each source and altogether.

    Beyond `per_source` silent sessions a source's oldest one gives way, though not before it had `patience` seconds to answer. One
    whose sessions have all answered is no flood but many machines behind one address: it may go on to `answered_per_source`.
    """

    rate: float = 20.0
    burst: float = 64.0
    per_source: int = 16
    answered_per_source: int = 1024
    overall: int = 4096
    patience: float = 0.25
    waiting: int = 512
    """Requests of one source that wait in line."""
    waiting_overall: int = 4096
    longest_wait: float = 3.0
    """Seconds in line; by then the client has asked again, or will never."""


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

    def give_back(self, source: str) -> None:
        """The token of a request whose sender is there."""
        found = self._levels.get(source)
        if found is not None:
            self._levels[source] = (min(self._burst, found[0] + 1), found[1])


class Full(Exception):
    """No room, and nobody who has been silent for long enough to give way."""


S = TypeVar("S")


class Room(Generic[S]):
    """The sessions there are, by source, oldest first, with the silent ones apart."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._count: dict[str, int] = {}
        self._total = 0
        self._silent: dict[S, str] = {}
        self._silent_of: dict[str, dict[S, float]] = {}

    def victim(self, source: str, now: float) -> S | None:
        """Who must give way for one more session of `source`; None when there is room. Raises Full."""
        own = self._silent_of.get(source)
        if own is not None and len(own) >= self._quota.per_source:
            return self._patient(next(iter(own)), source, now)
        if self._count.get(source, 0) >= self._quota.answered_per_source:
            raise Full
        if self._total < self._quota.overall:
            return None
        if not self._silent:
            raise Full
        session, other = next(iter(self._silent.items()))
        return self._patient(session, other, now)

    def enter(self, session: S, source: str, now: float) -> None:
        """One more, silent as yet."""
        self._count[source] = self._count.get(source, 0) + 1
        self._total += 1
        self._silent[session] = source
        self._silent_of.setdefault(source, {})[session] = now

    def answered(self, session: S) -> None:
        """Its client is there: it never gives way again."""
        source = self._silent.pop(session, None)
        if source is not None:
            own = self._silent_of[source]
            del own[session]
            if not own:
                del self._silent_of[source]

    def _patient(self, session: S, source: str, now: float) -> S:
        if now - self._silent_of[source][session] < self._quota.patience:
            raise Full
        return session

    def leave(self, session: S, source: str) -> None:
        """One less."""
        self.answered(session)
        self._total -= 1
        self._count[source] -= 1
        if not self._count[source]:
            del self._count[source]


K = TypeVar("K", bound=Hashable)
R = TypeVar("R")


class Line(Generic[K, R]):
    """Requests that wait, by source, the newest served first: whoever asked longest ago has most likely given up or asked again.

    A request is known by its key; one that comes again takes its new place. Beyond the quota the oldest are dropped.
    """

    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._waiting: OrderedDict[str, OrderedDict[K, tuple[R, float]]] = OrderedDict()
        self._total = 0

    def __len__(self) -> int:
        return self._total

    def __contains__(self, source: object) -> bool:
        return source in self._waiting

    def sources(self) -> list[str]:
        """Whose requests wait."""
        return list(self._waiting)

    def put(self, source: str, key: K, request: R, now: float) -> int:
        """Let `request` wait since `now`; returns how many others were dropped for it."""
        self.drop(source, key)
        own = self._waiting.setdefault(source, OrderedDict())
        own[key] = (request, now)
        self._total += 1
        if len(own) > self._quota.waiting:
            return self._drop_oldest(source)
        return self._drop_oldest(next(iter(self._waiting))) if self._total > self._quota.waiting_overall else 0

    def newest(self, source: str) -> tuple[K, R] | None:
        """The one to be served next."""
        own = self._waiting.get(source)
        if not own:
            return None
        key = next(reversed(own))
        return key, own[key][0]

    def drop(self, source: str, key: K) -> None:
        """No longer wait for it."""
        own = self._waiting.get(source)
        if own is not None and own.pop(key, None) is not None:
            self._total -= 1
            if not own:
                del self._waiting[source]

    def expire(self, now: float) -> int:
        """Drop those that have waited for too long; returns how many."""
        dropped = 0
        for source, own in list(self._waiting.items()):
            while own and now - next(iter(own.values()))[1] >= self._quota.longest_wait:
                dropped += self._drop_oldest(source)
        return dropped

    def _drop_oldest(self, source: str) -> int:
        self.drop(source, next(iter(self._waiting[source])))
        return 1

"""How much the record is told of machines that are in no inventory: all of it on an ordinary day, and counters in a flood.

Ten thousand invented MACs must neither fill the disk with events (threat T37) nor cost the machines that somebody waits for. What a
host of the inventory does is always told.
"""

from __future__ import annotations

BURST = 200
"""Messages told at once: fifty machines that nobody has entered yet, all booting together."""
PER_SECOND = 20.0


class Crowd:
    """A bucket of tokens, one a message. `now` is epoch seconds; a clock that goes back refills nothing and takes nothing."""

    def __init__(self, burst: float = BURST, per_second: float = PER_SECOND) -> None:
        self._burst, self._per_second = float(burst), per_second
        self._tokens = self._burst
        self._at: float | None = None

    def admit(self, now: float) -> bool:
        """Whether one more message of a stranger is told."""
        self._tokens, self._at = self._left(now), now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def overrun(self, now: float) -> bool:
        """What `admit` would say, the other way round; nothing comes of asking."""
        return self._left(now) < 1

    def _left(self, now: float) -> float:
        if self._at is None or now <= self._at:
            return self._tokens
        return min(self._burst, self._tokens + (now - self._at) * self._per_second)

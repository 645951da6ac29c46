"""How often the record is told that a machine asked for what is not to be had: whoever guesses names must not fill it."""

from __future__ import annotations

TOLD_A_MINUTE = 100


class Misses:
    """Counted by address and minute. For one thread at a time; `now` is epoch seconds."""

    def __init__(self) -> None:
        self._minute = 0
        self._of: dict[str, int] = {}

    def admit(self, address: str, now: float) -> bool:
        """Whether this miss of `address` is told, or only counted."""
        minute = int(now) // 60
        if minute != self._minute:
            self._minute = minute
            self._of.clear()
        self._of[address] = self._of.get(address, 0) + 1
        return self._of[address] <= TOLD_A_MINUTE

"""When to look at which address again. One entry an address, however often its lease is renewed."""

from __future__ import annotations

import heapq
from collections.abc import Iterator


class Calendar:
    """Addresses (numbers) by the earliest moment at which something about them may end. What comes due early is simply noted again."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int]] = []
        self._noted: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._due)

    def note(self, number: int, when: float) -> None:
        """Look at `number` at epoch second `when`, or before."""
        if when < self._noted.get(number, float("inf")):
            self._noted[number] = when
            heapq.heappush(self._due, (when, number))

    def is_due(self, now: float) -> bool:
        """Whether there is anything to look at."""
        return bool(self._due) and self._due[0][0] <= now

    def due(self, now: float) -> Iterator[int]:
        """The addresses to look at, each taken off."""
        while self._due and self._due[0][0] <= now:
            when, number = heapq.heappop(self._due)
            if self._noted.get(number) == when:
                del self._noted[number]
            yield number

"""One answer for all who want the same at once. A commit that two hundred open pages hear has each of them ask; what they all show is
worked out for those that came before it was begun, and anew for those that came later.

Nothing is kept: whoever asks is told what was read after it had asked. Refuses to know what is worked out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Together(Generic[T]):
    """Work that never goes on twice at the same time, and is begun once for all who wait for it."""

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._begun = 0
        self._at_work = False
        self._waiting = 0
        self._last: tuple[int, T] | None = None

    def ask(self, work: Callable[[], T]) -> T:
        """What `work` gives, done by this or another thread, and begun after this was called. Where it raises for another, this one does
        it."""
        with self._turn:
            wanted = self._begun + 1
            self._waiting += 1
            try:
                self._turn.wait_for(lambda: not self._at_work or (self._last is not None and self._last[0] >= wanted))
                if self._last is not None and self._last[0] >= wanted:
                    return self._last[1]
                self._at_work = True
                self._begun += 1
                mine = self._begun
            finally:
                self._waiting -= 1
                if not self._waiting:
                    self._last = None
        try:
            found = work()
            with self._turn:
                self._last = (mine, found) if self._waiting else None
        finally:
            with self._turn:
                self._at_work = False
                self._turn.notify_all()
        return found

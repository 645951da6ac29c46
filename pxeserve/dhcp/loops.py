"""A machine that is named the same loader again and again never got anywhere with it: a loop that only a person can end.

The usual ones: an iPXE that does not say that it is one, and loads itself; a loader that Secure Boot throws out; a loader of the wrong
architecture. Pure; counts and forgets.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

LIMIT = 3
"""Times that the same loader is named to the same machine before it is a loop."""

WINDOW = 60.0
"""Seconds within which they count. A machine that really boots takes longer, or wants something else the next time."""

_MACHINES = 4096


class Loops:
    """What was named to whom of late."""

    def __init__(self) -> None:
        self._named: OrderedDict[str, list[tuple[float, int, Hashable]]] = OrderedDict()

    def is_one(self, mac: str, exchange: int, loader: Hashable, now: float) -> bool:
        """Whether naming `loader` once more would only go on with a loop. `exchange` is the DHCP
        transaction, whose messages are one try."""
        tries = self._named.get(mac)
        if tries is None:
            self._named[mac] = [(now, exchange, loader)]
            if len(self._named) > _MACHINES:
                self._named.popitem(last=False)
            return False
        self._named.move_to_end(mac)
        for _, known, _ in tries:
            if known == exchange:
                return False
        while tries and not 0 <= now - tries[0][0] < WINDOW:
            del tries[0]
        if len(tries) == LIMIT:
            if all(name == loader for _, _, name in tries):
                return True
            del tries[0]
        tries.append((now, exchange, loader))
        return False

"""How often the process turns to its sockets. To wake for each packet costs more than the packet does, so in a storm many are waited for.

Pure: the clock is an argument. Refuses to know what is received.
"""

from __future__ import annotations

PROXY_TURN = 0.008
"""Seconds from one turn to the next at the least, beside another DHCP server: far less than any firmware notices."""
LENDING_TURN = 0.004
"""The same where leases are given: an acknowledgement waits for a sync too, and fault I1's bound is 10 ms for both."""


class Pace:
    """The turns of one process, `turn` seconds apart; `most` is how many datagrams it takes from a socket in one."""

    def __init__(self, most: int, turn: float) -> None:
        self._most, self._turn = most, turn
        self._began = float("-inf")
        self._behind = False

    def wait(self, now: float) -> float:
        """Seconds to wait before the next turn is begun, at `now` (seconds of a clock that nobody sets). Who comes alone never waits, nor
        does anybody when the last turn left some behind."""
        return 0.0 if self._behind else max(0.0, self._began + self._turn - now)

    def begin(self, now: float) -> None:
        """A turn begins."""
        self._began, self._behind = now, False

    def took(self, datagrams: int) -> None:
        """So many were taken from a socket in this turn; there may be more when these are as many as it takes."""
        self._behind |= datagrams >= self._most

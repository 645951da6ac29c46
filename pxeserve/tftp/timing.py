"""How long to wait for an ACK before sending again: RFC 6298, from the client's own round trips.

The server's patience decides how fast a lossy cable is: when DATA or ACK is lost only a resend helps, and clients wait 1 to 5 s
before theirs. Refuses to know what is sent.
"""

from __future__ import annotations

FIRST = 1.0
"""Before the first round trip was seen, in seconds."""
LEAST = 0.05
MOST = 4.0


class RetransmitTimer:
    """The current wait, in seconds. `timeout` is what the client asked for: it lowers the first and the longest wait, never the
    measured one. Less than a second cannot bound the longest, or a client gone for good would be sent hundreds of packets."""

    __slots__ = ("_ceiling", "_first", "_srtt", "_var", "wait")

    def __init__(self, timeout: float | None = None) -> None:
        self._ceiling = MOST if timeout is None else min(MOST, max(timeout, FIRST))
        self._srtt: float | None = None
        self._var = 0.0
        self._first = FIRST if timeout is None else min(FIRST, max(timeout, LEAST))
        self.wait = self._first

    def measured(self, round_trip: float) -> None:
        """Take in one round trip of a packet that was sent once only (Karn's rule is the caller's to keep)."""
        if self._srtt is None:
            self._srtt, self._var = round_trip, round_trip / 2
        else:
            self._var += (abs(self._srtt - round_trip) - self._var) / 4
            self._srtt += (round_trip - self._srtt) / 8

    def progressed(self) -> None:
        """A new ACK: the doubling ends."""
        if self._srtt is None:
            self.wait = self._first
        else:
            self.wait = min(self._ceiling, max(LEAST, self._srtt + 4 * self._var))

    def expired(self) -> None:
        """Nothing came: wait twice as long."""
        self.wait = min(self._ceiling, self.wait * 2)

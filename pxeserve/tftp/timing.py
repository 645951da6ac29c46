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

    def progressed(self, round_trip: float | None) -> None:
        """A new ACK ends the doubling. `round_trip` is that of a packet sent once only, else None (Karn's rule is the caller's to keep)."""
        srtt = self._srtt
        if round_trip is not None:
            if srtt is None:
                srtt, self._var = round_trip, round_trip / 2
            else:
                self._var += (abs(srtt - round_trip) - self._var) / 4
                srtt += (round_trip - srtt) / 8
            self._srtt = srtt
        if srtt is None:
            self.wait = self._first
            return
        wait = srtt + 4 * self._var
        self.wait = LEAST if wait < LEAST else min(wait, self._ceiling)

    def expired(self) -> None:
        """Nothing came: wait twice as long."""
        self.wait = min(self._ceiling, self.wait * 2)

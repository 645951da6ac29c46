"""How long to wait for an ACK before sending again: RFC 6298, from the client's own round trips.

The server's patience decides how fast a lossy cable is: when DATA or ACK is lost only a resend helps, and clients wait 1 to 5 s
before theirs. Refuses to know what is sent.
"""

from __future__ import annotations

FIRST = 1.0
"""Before the first round trip was seen, in seconds."""
LEAST = 0.05
MOST = 6.0
"""More than the 5 s after which atftp and tftp-hpa repeat themselves."""

_UNHEARD = 5
"""Repeats without an answer, on a way whose round trips are known, after which it is the client's turn: one silence of the longest wait.

atftp answers a repeated block once and then no more, and every further repeat starts its own patience anew: a server that never
stays silent for longer than that waits for it, and it for the server, until one gives up (atftp 0.8, "got wrong block, ignoring").
"""

_LONGER = 1.25
"""That silence, in the waits of a client that has said how long it waits itself."""


class RetransmitTimer:
    """The current wait, in seconds. `timeout` is what the client asked for: it lowers the first and the longest wait, never the
    measured one. Less than a second cannot bound the longest, or a client gone for good would be sent hundreds of packets."""

    __slots__ = ("_ceiling", "_first", "_srtt", "_unheard", "_var", "wait")

    def __init__(self, timeout: float | None = None) -> None:
        self._ceiling = MOST if timeout is None else min(MOST, max(timeout, FIRST))
        self._srtt: float | None = None
        self._var = 0.0
        self._unheard = 0
        self._first = FIRST if timeout is None else min(FIRST, max(timeout, LEAST))
        self.wait = self._first

    def progressed(self, round_trip: float | None) -> None:
        """A new ACK ends the doubling. `round_trip` is that of a packet sent once only, else None (Karn's rule is the caller's to keep)."""
        srtt = self._srtt
        self._unheard = 0
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
        """Nothing came: wait twice as long, and in the end as long as is waited at all."""
        self._unheard += 1
        silent = self._unheard >= _UNHEARD and self._srtt is not None
        self.wait = min(MOST, self._ceiling * _LONGER) if silent else min(self._ceiling, self.wait * 2)

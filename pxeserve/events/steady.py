"""A clock that nobody sets. The wall clock of a server jumps (NTP's first word, a person, an empty battery), also in the middle of a boot;
in what order things happened and how long they took must not jump with it.

It is the kernel's time since its start, put behind what the clock had reached in the kernel's runs before: about epoch seconds, and never
backward. Events come stamped with the wall clock; the worker, which sees each jump within a turn, translates. Refuses to know events.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from pxeserve.moment import SYSTEM, Clock, Moment
from pxeserve.store import Store
from pxeserve.store import steady as stored

JUMP = 0.5
"""Seconds by which the wall clock must have moved against the kernel's to have been set."""
_REMEMBERED = 64
_SLACK = 1.0


class _Stretch(NamedTuple):
    """From the steady moment `begins` on the wall clock stood `ahead` seconds before the steady one."""

    begins: float
    ahead: float


class Steady:
    """The clock, for whoever writes events."""

    def __init__(self, store: Store, *, clock: Clock = SYSTEM) -> None:
        self._store = store
        self._clock = clock
        self._base: float | None = None
        self._stretches: deque[_Stretch] = deque(maxlen=_REMEMBERED)
        self._looked = float("-inf")

    def now(self) -> float:
        """This moment."""
        return self._of(self._clock.now())

    def of(self, at: float) -> float:
        """The moment of something that the wall clock stamped a while ago: by how that clock stood then. What fits no time since it was set
        is taken for something of just now."""
        now = self.look()
        until = now + _SLACK
        for begins, ahead in reversed(self._stretches):
            moment = at - ahead
            if begins <= moment <= until:
                return min(moment, now)
            until = begins + _SLACK
        return now if len(self._stretches) > 1 else at - self._stretches[0].ahead

    def look(self) -> float:
        """Notice that the wall clock was set since the last look, and give this moment. To be called often: what was stamped before a jump
        is told from what was stamped after it by the time between two looks. How the clock stood before the first is not known: as then."""
        moment = self._clock.now()
        now = self._of(moment)
        ahead = moment.wall - now
        if not self._stretches:
            self._stretches.append(_Stretch(float("-inf"), ahead if abs(ahead) > JUMP else 0.0))
        elif abs(ahead - self._stretches[-1].ahead) > JUMP:
            self._stretches.append(_Stretch(self._looked, ahead))
        self._looked = now
        return now

    def _of(self, moment: Moment) -> float:
        if self._base is None:
            self._base = _begun(self._store, moment)
        return self._base + moment.boottime


def now_of(store: Store, *, clock: Clock = SYSTEM) -> float:
    """This moment for whoever reads: the wall clock's word where nothing was written in this run of the kernel."""
    with store.events.read() as connection:
        known = stored.clock(connection)
    moment = clock.now()
    if known is None or known.boot_id != moment.boot_id:
        return moment.wall
    return known.base + moment.boottime


def _begun(store: Store, moment: Moment) -> float:
    """What is added to the kernel's time, from the store or new for a new run of the kernel."""
    with store.events.write() as connection:
        known = stored.clock(connection)
        if known is not None and known.boot_id == moment.boot_id:
            return known.base
        base = max(moment.wall, known.reached if known else 0.0) - moment.boottime
        stored.begin(connection, moment.boot_id, base)
    return base

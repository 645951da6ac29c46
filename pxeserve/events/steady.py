"""A clock that nobody sets. The wall clock of a server jumps (NTP's first word, a person, an empty battery), also in the middle of a boot;
in what order things happened and how long they took must not jump with it.

It is the kernel's time since its start, put behind what the clock had reached in the kernel's runs before: about epoch seconds, and never
backward. Events come stamped with the wall clock; the worker, which sees each jump within a turn, translates. Refuses to know events.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from pxeserve.installs.clock import SYSTEM, Clock
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
    """The clock, for whoever writes events. `wall` gives epoch seconds."""

    def __init__(self, store: Store, *, wall: Callable[[], float] = time.time, clock: Clock = SYSTEM) -> None:
        self._store = store
        self._wall = wall
        self._clock = clock
        self._base: float | None = None
        self._stretches: deque[_Stretch] = deque(maxlen=_REMEMBERED)
        self._looked = float("-inf")

    def now(self) -> float:
        """This moment."""
        if self._base is None:
            self._base = _begun(self._store, self._wall, self._clock)
        return self._base + self._clock.boottime()

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
        now = self.now()
        ahead = self._wall() - now
        if not self._stretches:
            self._stretches.append(_Stretch(float("-inf"), ahead if abs(ahead) > JUMP else 0.0))
        elif abs(ahead - self._stretches[-1].ahead) > JUMP:
            self._stretches.append(_Stretch(self._looked, ahead))
        self._looked = now
        return now


def now_of(store: Store, *, wall: Callable[[], float] = time.time, clock: Clock = SYSTEM) -> float:
    """This moment for whoever reads: the wall clock's word where nothing was written in this run of the kernel."""
    with store.events.read() as connection:
        known = stored.clock(connection)
    if known is None or known.boot_id != clock.boot_id():
        return wall()
    return known.base + clock.boottime()


def _begun(store: Store, wall: Callable[[], float], clock: Clock) -> float:
    """What is added to the kernel's time, from the store or new for a new run of the kernel."""
    boot_id = clock.boot_id()
    with store.events.write() as connection:
        known = stored.clock(connection)
        if known is not None and known.boot_id == boot_id:
            return known.base
        base = max(wall(), known.reached if known else 0.0) - clock.boottime()
        stored.begin(connection, boot_id, base)
    return base

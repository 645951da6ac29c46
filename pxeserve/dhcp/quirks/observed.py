"""What single machines have shown: that they pass over the usual way of being told their boot file, and which one they took.

Kept in memory for as many machines as a site has, and told to the record, where people find it; a service that starts anew learns it again
within two offers, so nothing of it is stored. A flood of strangers is not watched. Pure; `now` is epoch seconds.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pxeserve.dhcp.quirks.manner import Way

PATIENCE = 2
"""Offers that a machine passes over before another way is tried. iPXE sends two DISCOVERs when the first offer does not say PXEClient."""
BOOT = 64.0
"""Seconds after which a DISCOVER belongs to another boot: PXE waits 4, 8, 16 and 32 s between its four (PXE 2.1 section 2.2.3)."""
OWED = 3600.0
"""Seconds for which a machine that took an address and never asked port 4011 is remembered: each of its boots shows that once."""
TOGETHER = 0.5
"""Seconds within which a second DISCOVER is the same one, heard twice."""

_MACHINES = 4096


class Change(NamedTuple):
    """A machine is told its boot file in another way from now on. `seen` says what it did, `exhausted` that all ways have been tried."""

    before: Way
    after: Way
    seen: str
    exhausted: bool

    @property
    def text(self) -> str:
        """A sentence for the record."""
        text = f"{self.seen}; from now on it is told its boot file {self.after.says} (quirk {self.before.passed_over.name})"
        return f"{text}; {_ADVICE}" if self.exhausted else text


_ADVICE = (
    "all ways have been passed over: no DHCP server gives this machine an address, or its firmware takes nothing but one whole offer; "
    'let the DHCP server name the boot file (pxeserve dhcp snippet), or let pxeserve lend the addresses ([dhcp] mode = "server")'
)


@dataclass(slots=True)
class _Machine:
    at: float
    offers: int = 0
    owes: bool = False
    turns: int = 0


class Observed:
    """What machines did with their offers."""

    def __init__(self) -> None:
        self._machines: OrderedDict[str, _Machine] = OrderedDict()
        self._turned: dict[str, int] = {}

    @property
    def turned(self) -> Container[str]:
        """The MACs that are not told in the usual way."""
        return self._turned

    def way(self, mac: str, ways: Sequence[Way]) -> Way:
        """How `mac` is told its boot file now, of `ways`, the usual one first."""
        return ways[self._turned.get(mac, 0) % len(ways)] if self._turned else ways[0]

    def offering(self, mac: str, ways: Sequence[Way], now: float) -> Change | None:
        """Count an offer to `mac` that is about to be made, and turn to the next way when the last ones were passed over."""
        machine = self._machines.get(mac)
        if machine is None:
            self._machines[mac] = _Machine(now, 1)
            if len(self._machines) > _MACHINES:
                gone, _ = self._machines.popitem(last=False)
                self._turned.pop(gone, None)
            return None
        self._machines.move_to_end(mac)
        gap = now - machine.at
        if 0 <= gap < TOGETHER:
            return None
        machine.at = now
        if not 0 <= gap < (OWED if machine.owes else BOOT):
            machine.offers, machine.owes = 0, False
        change = None
        if machine.offers >= PATIENCE and len(ways) > 1:
            change = self._turn(mac, machine, ways)
        machine.offers += 1
        return change

    def took(self, mac: str, ways: Sequence[Way], now: float) -> None:
        """`mac` asked somebody for an address: an offer with the file in it has been taken, one without is to be followed by a question."""
        machine = self._machines.get(mac)
        if machine is None:
            return
        machine.at = now
        if self.way(mac, ways).manner.split:
            machine.owes = True
        else:
            self._proven(machine)

    def asked(self, mac: str) -> None:
        """`mac` asked port 4011: whatever it was offered, it has understood that."""
        machine = self._machines.get(mac)
        if machine is not None:
            self._proven(machine)

    def _turn(self, mac: str, machine: _Machine, ways: Sequence[Way]) -> Change:
        before = self.way(mac, ways)
        seen = f"it took an address {machine.offers} times and never asked port 4011" if machine.owes else (
            f"{machine.offers} offers were passed over: no REQUEST came"
        )
        machine.offers, machine.owes = 0, False
        machine.turns += 1
        index = (self._turned.get(mac, 0) + 1) % len(ways)
        if index:
            self._turned[mac] = index
        else:
            self._turned.pop(mac, None)
        return Change(before, self.way(mac, ways), seen, machine.turns >= len(ways))

    def _proven(self, machine: _Machine) -> None:
        machine.offers, machine.owes, machine.turns = 0, False, 0

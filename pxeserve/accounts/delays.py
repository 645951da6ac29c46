"""How long one who failed has to wait before the next try: longer each time, a minute at most, and never for good.

Kept for an account and the network that the tries come from, so that guessing from elsewhere keeps nobody out of their own account; for
an address from which they came in before, by itself, so that nobody beside them does either. Names without an account count alike.
Bounded: what has been quiet for longest is forgotten first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

FREE = 5
"""Tries that may fail before the first wait."""

LONGEST = 60.0
"""Seconds."""

REMEMBERED = 10_000
QUIET = 3600.0
"""Seconds without a failure after which all is forgotten."""


@dataclass(slots=True)
class _Trouble:
    failures: int = 0
    last: float = 0.0
    until: float = 0.0


class Delays:
    """Times are seconds of a clock that never goes back. Safe among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], _Trouble] = OrderedDict()

    def attempt(self, account: str, place: str, now: float) -> float:
        """Seconds to wait before a try for `account` from `place` is looked at. 0 for right now: then it counts as failed until something
        else is said, so that many at the same time are not all the first."""
        with self._lock:
            trouble = self._known.setdefault((account, place), _Trouble())
            if now - trouble.last >= QUIET:
                trouble.failures, trouble.until = 0, 0.0
            if trouble.until > now:
                return trouble.until - now
            trouble.failures += 1
            trouble.last = now
            if trouble.failures >= FREE:
                trouble.until = now + min(2.0 ** min(trouble.failures - FREE, 10), LONGEST)
            self._known.move_to_end((account, place))
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
            return 0.0

    def unlooked(self, account: str, place: str) -> None:
        """A try was not looked at after all: it counts for nothing."""
        with self._lock:
            trouble = self._known.get((account, place))
            if trouble is not None:
                trouble.failures -= 1
                trouble.until = 0.0

    def succeeded(self, account: str, place: str) -> None:
        """A right password: what went before was the owner's own trouble."""
        with self._lock:
            self._known.pop((account, place), None)

    def __len__(self) -> int:
        """How many accounts and places are remembered."""
        return len(self._known)


def place_of(address: str) -> str:
    """The network of an address: /24, or /56 in IPv6 (what a site is given); text that is no address stands for itself."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            return str(ip_network((parsed, 56), strict=False))
        parsed = parsed.ipv4_mapped
    return str(ip_network((parsed, 24), strict=False))

"""How often strangers may come, and how often anybody may complain. Bounded in memory whatever is invented on the wire."""

from __future__ import annotations

from collections import OrderedDict

NEW_PER_MINUTE = 30
DECLINES_PER_HOUR = 3
_MOST_KEPT = 4096


class Admission:
    """New strangers through one relay port or segment: a bucket of 30 that refills within a minute (threat T22)."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admit(self, port: str, now: float) -> bool:
        """Whether one more may be let in through `port`."""
        tokens, at = self._buckets.pop(port, (float(NEW_PER_MINUTE), now))
        tokens = min(NEW_PER_MINUTE, tokens + max(0.0, now - at) * NEW_PER_MINUTE / 60)
        admitted = tokens >= 1
        self._buckets[port] = (tokens - admitted, now)
        if len(self._buckets) > _MOST_KEPT:
            self._buckets.popitem(last=False)
        return admitted


class Strikes:
    """DECLINEs of one client: three an hour, so that nobody declines a pool away (threat T25)."""

    def __init__(self) -> None:
        self._at: OrderedDict[str, tuple[float, ...]] = OrderedDict()

    def allow(self, mac: str, now: float) -> bool:
        """Whether `mac` may decline once more."""
        recent = tuple(at for at in self._at.pop(mac, ()) if now - 3600 < at <= now)
        allowed = len(recent) < DECLINES_PER_HOUR
        self._at[mac] = (*recent, now) if allowed else recent
        if len(self._at) > _MOST_KEPT:
            self._at.popitem(last=False)
        return allowed

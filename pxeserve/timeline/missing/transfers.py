"""What can be said of a transfer that did not end well, for the rules of several parts."""

from __future__ import annotations

from pxeserve.timeline.missing.facts import Fetch
from pxeserve.timeline.missing.shape import Holds
from pxeserve.timeline.missing.situation import Situation

_FRAME = 1468
"""The largest block that an Ethernet frame holds: 1,500 less 20, 8 and 4 bytes of headers."""
_FIRST_BLOCKS = 2
_LOST = frozenset({"timeout", "evicted", "superseded"})
_MEMORY = ("memory", "too large", "too big", "buffer", "allocation", "disk full")


def stalled(situation: Situation) -> bool:
    """Whether the last file began to come and then no more was acknowledged."""
    last = situation.broken
    return last is not None and last.outcome in _LOST and (last.answered or last.bytes > 0)


def unanswered(situation: Situation) -> bool:
    """Whether nothing of the last file was acknowledged."""
    last = situation.broken
    return last is not None and last.outcome in _LOST and not last.answered and last.bytes == 0


def too_large_packets(situation: Situation) -> bool:
    """Whether the last file stopped as full packets began to come: small ones pass and large ones do not."""
    last = situation.broken
    return last is not None and stalled(situation) and last.bytes <= _FIRST_BLOCKS * (last.blksize or _FRAME)


def cut(situation: Situation) -> bool:
    """Whether the last file was cut off in the middle over HTTP."""
    last = situation.broken
    return last is not None and last.outcome == "cut"


def given_up(situation: Situation) -> bool:
    """Whether the client itself ended the last transfer."""
    last = situation.broken
    return last is not None and last.outcome == "client-error"


def for_memory(situation: Situation) -> bool:
    """Whether the client said that it has no room."""
    last = situation.broken
    return last is not None and given_up(situation) and any(word in last.detail.lower() for word in _MEMORY)


def ours(situation: Situation) -> bool:
    """Whether reading the last file failed here, or the service stopped."""
    last = situation.broken
    return last is not None and last.outcome in ("source-error", "stopped")


def changed(situation: Situation) -> bool:
    """Whether the last file is not what was imported."""
    last = situation.broken
    return last is not None and last.outcome == "changed"


def some(holds: Holds, *others: Holds) -> Holds:
    """Whether any holds."""
    return lambda situation: any(one(situation) for one in (holds, *others))


def missed(situation: Situation, *ends: str) -> bool:
    """Whether a name with one of these ends was asked for, is not here, and did not come later."""
    came = {one.name for one in situation.files if one.whole}
    return any(one.missed and one.name.endswith(ends) and one.name not in came for one in situation.files)


def last_missed(situation: Situation) -> Fetch | None:
    """The last file, when it is not here."""
    last = situation.last
    return last if last is not None and last.missed else None

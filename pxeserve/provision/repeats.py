"""What the same machine fetches again within a second: the first time is told at once, the others are counted and told together.

An installer asks twice for the files it looks for, a load test a thousand times; the record then says how often and how many bytes, and
is not a thousand lines longer. Refuses to know events. For one thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.domain.medium import Medium
from pxeserve.provision.responses import FileReply

_MOST = 20_000
"""Most files of machines that are looked after; what comes beyond within the second is told each by itself."""


@dataclass(slots=True)
class Repeat:
    """`times` further transfers of one file, whole and with the same `status`: `sent` bytes altogether, in `seconds` altogether."""

    address: str
    medium: Medium
    path: str
    status: int
    times: int = 0
    sent: int = 0
    seconds: float = 0.0


class Repeats:
    """Counts until `take` is called, which begins a new second."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str, int], Repeat] = {}

    def counted(self, address: str, answer: FileReply, sent: int, seconds: float) -> bool:
        """Whether this transfer, which came to its end, was counted; when not, it is the first of its second, and to be told."""
        medium = answer.medium
        if medium is None:
            return False
        kept = self._kept.get((address, answer.path, medium.name, answer.status))
        if kept is None:
            if answer.carries and answer.asked is None and len(self._kept) < _MOST:
                self._kept[address, answer.path, medium.name, answer.status] = Repeat(address, medium, answer.path, answer.status)
            return False
        if not answer.carries or answer.asked is not None:
            return False
        kept.times += 1
        kept.sent += sent
        kept.seconds += seconds
        return True

    def take(self) -> list[Repeat]:
        """What was counted; everything that comes from now on is told anew."""
        kept, self._kept = self._kept, {}
        return [one for one in kept.values() if one.times]

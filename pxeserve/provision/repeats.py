"""Which transfers are told each by itself, and which are counted and told together when the second is over.

A machine that fetches a file for the first time in a second is told of at once, so that the record is as a person expects it: a line a
file. What it fetches again, and what comes in a second in which 200 were told already, is counted, by machine and file: nothing of it is
lost, and an event for each would cost more than the files. Refuses to know events. For one thread.
"""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.domain.medium import Medium
from pxeserve.provision.responses import FileReply

_MOST = 20_000
"""Most files of machines that are looked after; what comes beyond within the second is told each by itself."""

ALONE = 200
"""Most transfers of a second that are told at once."""


@dataclass(slots=True)
class Repeat:
    """`times` transfers of one file to one machine, whole and with the same `status`: `sent` bytes altogether, in `seconds` altogether."""

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
        self._alone = 0

    def counted(self, address: str, answer: FileReply, sent: int, seconds: float) -> bool:
        """Whether this transfer, which came to its end, was counted; when not, it is to be told."""
        medium = answer.medium
        if medium is None:
            return False
        kept = self._kept.get((address, answer.path, medium.name, answer.status))
        if not answer.carries or answer.asked is not None:
            return False
        if kept is None:
            if len(self._kept) >= _MOST:
                return False
            kept = self._kept[address, answer.path, medium.name, answer.status] = Repeat(address, medium, answer.path, answer.status)
            if self._alone < ALONE:
                self._alone += 1
                return False
        kept.times += 1
        kept.sent += sent
        kept.seconds += seconds
        return True

    def take(self) -> list[list[Repeat]]:
        """What was counted, a list for each machine and medium; everything that comes from now on is told anew."""
        kept, self._kept, self._alone = self._kept, {}, 0
        together: dict[tuple[str, str], list[Repeat]] = {}
        for one in kept.values():
            if one.times:
                together.setdefault((one.address, one.medium.name), []).append(one)
        return list(together.values())

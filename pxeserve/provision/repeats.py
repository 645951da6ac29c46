"""Which transfers are told each by itself, and which are counted and told together when the second is over.

A hundred in a second are told at once, a line a file, as a person expects it. What comes on top of them is counted, by machine and file:
nothing of it is lost, and an event for each would cost more than the files. Refuses to know events. For one thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pxeserve.domain.medium import Medium
from pxeserve.provision.responses import FileReply

_MOST = 20_000
"""Most files of machines that are looked after; what comes beyond within the second is told each by itself."""

ALONE = 100
"""Most transfers of a second that are told at once."""

TOGETHER = 100
"""Most files that are told together: a datagram holds no more."""


@dataclass(slots=True)
class Several:
    """What one machine fetched of one medium within a second: `files` as path, status, how often, and bytes altogether; all of it whole,
    in `seconds` altogether."""

    address: str
    medium: Medium
    files: list[tuple[str, int, int, int]] = field(default_factory=list)
    seconds: float = 0.0


class Repeats:
    """Counts until `take` is called, which begins a new second."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str, int], tuple[Medium, list[float]]] = {}
        self._alone = 0

    def counted(self, address: str, answer: FileReply, sent: int, seconds: float) -> bool:
        """Whether this transfer, which came to its end, was counted; when not, it is to be told."""
        medium = answer.medium
        if medium is None or not answer.carries or answer.asked is not None:
            return False
        if self._alone < ALONE:
            self._alone += 1
            return False
        key = (address, answer.path, medium.name, answer.status)
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= _MOST:
                return False
            kept = self._kept[key] = (medium, [0, 0, 0.0])
        figures = kept[1]
        figures[0] += 1
        figures[1] += sent
        figures[2] += seconds
        return True

    def take(self) -> list[Several]:
        """What was counted, by machine and medium, `TOGETHER` files at most in each; everything that comes from now on is told anew."""
        kept, self._kept, self._alone = self._kept, {}, 0
        told: list[Several] = []
        latest: dict[tuple[str, str], Several] = {}
        for (address, path, name, status), (medium, (times, sent, seconds)) in kept.items():
            several = latest.get((address, name))
            if several is None or len(several.files) == TOGETHER:
                several = latest[address, name] = Several(address, medium)
                told.append(several)
            several.files.append((path, status, int(times), int(sent)))
            several.seconds += seconds
        return told

"""What all sessions share: the tree they are shown, and the record that is told of what they did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pxeserve.domain.medium import Medium
from pxeserve.domain.misses import Misses
from pxeserve.events.clients import Clients
from pxeserve.events.record import Event, harmless
from pxeserve.events.recorder import Recorder
from pxeserve.publish.ftp.tree import Tree
from pxeserve.repo.packages import Packages
from pxeserve.shelf import CHANGED

KIND = "ftp.file"
_NOT_IMPORTED = "refused, as it is not what was imported any more: pxeserve media verify {}"


class House:
    """For one thread. `clock` gives epoch seconds."""

    def __init__(self, tree: Tree, recorder: Recorder, clients: Clients, packages: Packages, clock: Callable[[], float]) -> None:
        self.tree = tree
        self._recorder = recorder
        self._clients = clients
        self._packages = packages
        self._clock = clock
        self._misses = Misses()

    def sent(self, address: str, path: str, size: int, start: int, sent: int, seconds: float, *, whole: bool) -> None:
        """A transfer of the file at `path` has ended: `sent` bytes from `start` on, of the `size` bytes that it has."""
        found = self.tree.medium(path)
        if found is None:
            return self.count("removed-meanwhile")
        text = f"{sent} bytes" if whole else f"cut after {sent} of {size - start} bytes"
        more: dict[str, Any] = {"start": start} if start else {}
        return self._tell(address, *found, text, {"outcome": "done" if whole else "cut", "bytes": sent, "total": size - start,
                                                  "seconds": round(seconds, 6), **more})  # fmt: skip

    def missed(self, address: str, path: str, outcome: str) -> None:
        """A name was asked for that its medium does not have (`outcome` not-found), or has no longer as it was imported (changed). Beyond
        100 a minute and address they are only counted."""
        self.count(outcome)
        found = self.tree.medium(path)
        if found is not None and self._misses.admit(address, self._clock()):
            medium, _ = found
            text = _NOT_IMPORTED.format(medium.name) if outcome == CHANGED else "not there"
            self._tell(address, *found, text, {"outcome": outcome, "bytes": 0, "total": 0, "seconds": 0.0})

    def count(self, reason: str) -> None:
        """Something too frequent or too doubtful for an event of its own."""
        self._recorder.count(reason)

    def _tell(self, address: str, medium: Medium, path: str, text: str, data: dict[str, Any]) -> None:
        if self._recorder.full:
            return self._recorder.lost()
        now = self._clock()
        who = self._clients.who(address, now)
        data = {"medium": medium.name, "path": harmless(path), **data}
        text = f"{medium.name}/{harmless(path)}: {text}"
        number = self._packages.number(medium, path)
        if number is not None:
            data["package"], data["packages"] = number
            text += f" (package {number[0]} of {number[1]})"
        self._recorder.emit(Event(KIND, now, text, host=who.host, mac=who.mac, address=address, install=who.install, data=data))
        return None

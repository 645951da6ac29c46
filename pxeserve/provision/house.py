"""What a connection asks of the rest of this listener: answers, threads, and somebody to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pxeserve.provision.bodies import Room
from pxeserve.provision.head import Request
from pxeserve.provision.media import FolderAsked
from pxeserve.provision.responses import FileReply, ShortReply

if TYPE_CHECKING:
    from pxeserve.provision.connection import Connection


class House(Protocol):
    """One for all connections; `machines.Machines` is one."""

    @property
    def own(self) -> frozenset[str]:
        """The authorities that are this listener's, as `address` and `address:port`."""
        ...

    @property
    def bodies(self) -> Room:
        """The room for long bodies."""
        ...

    def wall(self) -> float:
        """Epoch seconds, for dates."""
        ...

    def turn(self, asked: int) -> None:
        """All requests of a moment were read, `asked` of them; what is known from now on holds for answering them."""
        ...

    def again(self, raw: bytes) -> FileReply | None:
        """The answer to what was read, when the very same was asked before over a connection that stayed; None: `media` knows."""
        ...

    def remember(self, raw: bytes, request: Request, answer: FileReply) -> None:
        """`raw` was the whole of `request`, and this the answer to it."""
        ...

    def media(self, request: Request, *, keep: bool) -> FileReply | ShortReply | FolderAsked:
        """The answer to a GET or HEAD of a file as it lies; FolderAsked for anything else."""
        ...

    def hand_over(self, connection: Connection, request: Request, body: bytes) -> bool:
        """Have a thread answer; False when none has time."""
        ...

    def ended(self, peer: str, answer: FileReply | ShortReply, sent: int, seconds: float, *, whole: bool) -> None:
        """A media response has ended."""
        ...

    def count(self, reason: str) -> None:
        """Something for the counters."""
        ...

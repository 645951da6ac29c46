"""Where a connection stands, what wakes it there, and how long it may stay."""

from __future__ import annotations

import select
from enum import Enum, auto

HEAD_SECONDS = 10.0
"""For a request head, from its first byte or, on a new connection, from the beginning."""

IDLE_SECONDS = 30.0
"""For a further request to begin."""

STALL_SECONDS = 30.0
"""For a request's body, and without any progress of a response."""

LINGER_SECONDS = 2.0
"""For the client to read the last response before the connection goes."""


class Phase(Enum):
    """Waiting for a HEAD or a BODY; SENDING; holding a pipelined request until its TURN; HANDED to a thread; LINGERING, so that a
    closing reset does not overtake the last response; CLOSED."""

    HEAD = auto()
    BODY = auto()
    SENDING = auto()
    TURN = auto()
    HANDED = auto()
    LINGERING = auto()
    CLOSED = auto()


INTEREST = {
    Phase.HEAD: select.EPOLLIN,
    Phase.BODY: select.EPOLLIN,
    Phase.LINGERING: select.EPOLLIN,
    Phase.SENDING: select.EPOLLOUT,
    Phase.TURN: select.EPOLLOUT,
    Phase.HANDED: 0,
    Phase.CLOSED: 0,
}

"""Where a connection stands, what wakes it there, and how long it may stay."""

from __future__ import annotations

import select
from enum import Enum

HEAD_SECONDS = 10.0
"""For a request head, from its first byte or, on a new connection, from the beginning."""

IDLE_SECONDS = 30.0
"""For a further request to begin."""

STALL_SECONDS = 30.0
"""For a request's body, and without any progress of a response."""

LINGER_SECONDS = 2.0
"""For the client to read the last response before the connection goes."""


class Phase(Enum):
    """Waiting for a HEAD or a BODY; SENDING; holding what was read until its TURN; HANDED to a thread; LINGERING, so that a
    closing reset does not overtake the last response; CLOSED. `interest` holds the epoll events that matter in it."""

    HEAD = ("head", select.EPOLLIN)
    BODY = ("body", select.EPOLLIN)
    SENDING = ("sending", select.EPOLLOUT)
    TURN = ("turn", select.EPOLLOUT)
    HANDED = ("handed", 0)
    LINGERING = ("lingering", select.EPOLLIN)
    CLOSED = ("closed", 0)

    def __init__(self, _word: str, interest: int) -> None:
        self.interest = interest


HEAD, BODY, SENDING, TURN, HANDED, LINGERING, CLOSED = Phase
# By themselves: reaching them through the class costs more than a system call's worth for each small file (Python 3.11).

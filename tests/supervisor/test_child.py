"""What a child is handed, in a process of our own."""

from __future__ import annotations

import os
import socket

from pxeserve.config import Config
from pxeserve.supervisor import child
from pxeserve.supervisor.spec import Spec


def test_a_child_whose_parent_was_killed_shows_its_life_to_nobody_and_does_not_mind() -> None:
    """The kernel kills it in a moment (PR_SET_PDEATHSIG); a sign of life that comes before that must not end in a traceback."""
    orders, ours = socket.socketpair()
    read, write = os.pipe()
    config = Config()
    serving = child._serving(Spec("tftp", "", 1, config, (), {}, orders.detach(), write, None), config)
    serving.ready()
    assert os.read(read, 9) == child.READY
    os.close(read)
    serving.beat()
    os.close(write)
    serving.orders.close()
    ours.close()

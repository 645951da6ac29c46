"""Joins newly installed hosts to their pools: asked for by their first boot, done by a thread of the worker, over XAPI of both sides. No
script ever carries the pool's password.
"""

from __future__ import annotations

from pxeserve.recovery.joining.asking import again, ask
from pxeserve.recovery.joining.thread import Joining

__all__ = ["Joining", "again", "ask"]

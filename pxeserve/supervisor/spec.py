"""What the parent tells a child: everything of `Serving` that can be written down, and the numbers of the descriptors it inherits."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from pxeserve.config import Config
from pxeserve.serving import Listener


@dataclass(frozen=True, slots=True)
class Spec:
    """One child's instructions. `module` has `serve(serving)`; `ids` is the uid and gid to become, or None; `keeps` are capabilities that
    programs which it starts shall have."""

    name: str
    module: str
    parent: int
    config: Config
    listeners: tuple[Listener, ...]
    sockets: Mapping[str, int]
    orders: int
    beats: int
    ids: tuple[int, int] | None
    keeps: tuple[int, ...] = ()


def adopt(spec: Spec) -> dict[str, socket.socket]:
    """The inherited sockets by role."""
    return {role: socket.socket(fileno=number) for role, number in spec.sockets.items()}

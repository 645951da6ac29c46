"""What the parent tells a child: everything of `Serving` that can be written down, and the numbers of the descriptors it inherits."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from typing import Any

from pxeserve.config import Config
from pxeserve.serving import Listener


@dataclass(frozen=True, slots=True)
class Spec:
    """One child's instructions. `module` has `serve(serving)`; `ids` is the uid and gid to become, or None."""

    name: str
    module: str
    parent: int
    config: dict[str, Any]
    listeners: tuple[Listener, ...]
    sockets: Mapping[str, int]
    orders: int
    beats: int
    ids: tuple[int, int] | None

    def encode(self) -> str:
        """As one line of JSON."""
        listeners = [(one.interface, str(one.address), str(one.network)) for one in self.listeners]
        plain = {name: getattr(self, name) for name in ("name", "module", "parent", "config", "orders", "beats", "ids")}
        return json.dumps({**plain, "listeners": listeners, "sockets": dict(self.sockets)})


def decode(line: str) -> Spec:
    """The reverse of `Spec.encode`."""
    plain = json.loads(line)
    listeners = tuple(Listener(name, IPv4Address(address), IPv4Interface(network)) for name, address, network in plain["listeners"])
    ids = tuple(plain["ids"]) if plain["ids"] else None
    return Spec(**{**plain, "listeners": listeners, "ids": ids})


def configured(spec: Spec) -> Config:
    """The configuration as an object again."""
    return Config.model_validate(spec.config)


def adopt(spec: Spec) -> dict[str, socket.socket]:
    """The inherited sockets by role."""
    return {role: socket.socket(fileno=number) for role, number in spec.sockets.items()}

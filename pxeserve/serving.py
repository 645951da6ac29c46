"""What the supervisor hands to a child: configuration, sockets bound while there was still root, and the two signs of life.

Refuses to know what a child does with them. A child's module has `serve(serving)`, which returns when asked to stop.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Interface

from pxeserve.config import Config


@dataclass(frozen=True, slots=True)
class Listener:
    """One network that is served: its interface (`eth0`), the address that machines are told, and the interface's own address/mask."""

    interface: str
    address: IPv4Address
    network: IPv4Interface


class Order(StrEnum):
    """What the parent may ask of a child, one byte each on the `orders` socket. End of file there means: the parent is gone, end now."""

    STOP = "T"
    RELOAD = "H"


@dataclass(frozen=True, slots=True)
class Serving:
    """A child's whole world.

    `sockets` is keyed `role:interface` (`dhcp:eth0`, `dhcp-raw:`, `dhcp-local:`, `doctor-raw:`, `pxe:`, `tftp:`, `http:eth0`,
    `ftp:eth0`, `console:10.77.0.1`) or by role alone where there is one (`admin`, `events`, `metrics`); all are bound and
    non-blocking. `orders` is readable when the parent wants something. Call `ready` once requests will be answered, and `beat` at least
    every 5 s from the loop that does the work.
    """

    config: Config
    listeners: tuple[Listener, ...]
    sockets: Mapping[str, socket.socket]
    orders: socket.socket
    ready: Callable[[], None]
    beat: Callable[[], None]

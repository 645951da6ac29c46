"""At which of its addresses this machine is asked for what machines are told: the two differ behind a bridge or NAT.

Refuses to know what is asked there, and who passes it on.
"""

from __future__ import annotations

import errno
import socket
from ipaddress import IPv4Address

from pxeserve.config import Config


def door(config: Config, told: IPv4Address, own: IPv4Address) -> IPv4Address:
    """`told`; or `own`, the interface's, where no interface of this machine has `told` and [tftp] single_port says that somebody in
    between translates."""
    return own if config.tftp.single_port and not _here(told) else told


def _here(address: IPv4Address) -> bool:
    """Whether this machine has `address`: asked by binding to it, which knows loopback's whole network and every other rule."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError as error:
            return error.errno != errno.EADDRNOTAVAIL
    return True

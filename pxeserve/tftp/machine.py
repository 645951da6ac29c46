"""What this machine allows: the size of a datagram on its networks, and how many descriptors a process may have."""

from __future__ import annotations

import resource
from collections.abc import Iterable
from pathlib import Path

from pxeserve.tftp.admission import Quota
from pxeserve.tftp.options import Limits

_HEADERS = 20 + 8 + 4
"""IPv4, UDP, TFTP."""

_OWN = 256
"""Descriptors that the process needs for itself: the store, the record, open roots."""


def path_limit(interfaces: Iterable[str]) -> int:
    """The largest blksize that none of `interfaces` has to fragment; 1468 at most."""
    sizes = [Limits().blksize]
    for interface in interfaces:
        mtu = Path("/sys/class/net", interface, "mtu")
        if mtu.exists():
            sizes.append(int(mtu.read_text()) - _HEADERS)
    return max(8, min(sizes))


def most_sessions(guards: int) -> int:
    """How many sessions there may be, each with its socket and its file, beside `guards` sockets. Raises the soft limit to the hard one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    most = Quota().overall
    return most if hard == resource.RLIM_INFINITY else max(16, min(most, (hard - guards - _OWN) // 2))

"""Who holds a port: read from /proc, so that a busy port can be named together with its holder."""

from __future__ import annotations

import re
from pathlib import Path

from pxeserve.errors import PxeserveError

_PROC = Path("/proc")
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_LISTEN = "0A"


class PortTakenError(PxeserveError):
    """A port that somebody else holds."""


def taken(protocol: str, port: int, key: str) -> PortTakenError:
    """The error for a busy port of `protocol` (udp or tcp), with the process that holds it and the key that would change it."""
    holder = holder_of(protocol, port)
    by = f"{holder[0]} (pid {holder[1]})" if holder else "another process"
    fix = f"stop it, or choose another port: {key}"
    if holder and holder[0] == "dnsmasq" and port in (67, 69):
        fix = (
            "that is often libvirt's own dnsmasq; it keeps port 67 for its bridge alone when pxeserve names its interface: "
            '[server] interface = "eth0". Otherwise stop it.'
        )
    return PortTakenError(f"{protocol.upper()} port {port} is taken by {by}", code="busy", fix=fix)


def holder_of(protocol: str, port: int) -> tuple[str, int] | None:
    """Name and pid of a process that holds `port`, as far as this user may see."""
    inodes = _inodes(protocol, port)
    if not inodes:
        return None
    for process in _PROC.iterdir():
        if not process.name.isdigit():
            continue
        try:
            for descriptor in (process / "fd").iterdir():
                found = _SOCKET.fullmatch(str(descriptor.readlink()))
                if found and found[1] in inodes:
                    return (process / "comm").read_text(encoding="utf-8", errors="replace").strip(), int(process.name)
        except OSError:
            continue
    return None


def _inodes(protocol: str, port: int) -> set[str]:
    found: set[str] = set()
    for table in (protocol, f"{protocol}6"):
        try:
            lines = (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if int(fields[1].rsplit(":", 1)[1], 16) == port and (protocol == "udp" or fields[3] == _LISTEN):
                found.add(fields[9])
    return found

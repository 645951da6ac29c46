"""Who runs on this machine and who holds a port, from /proc: name, pid, unit and user. As far as this process may see.

Refuses to know which ports are ours.
"""

from __future__ import annotations

import pwd
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

_SOCKET = re.compile(r"socket:\[(\d+)\]")
_UNIT = re.compile(r"([^/\n]+\.(?:service|scope|socket))(?:/[^\n]*)?$", re.MULTILINE)
_INODE = re.compile(r"\bino:(\d+)\b")
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Process:
    """One process: `unit` is systemd's, or empty."""

    pid: int
    name: str
    user: str = ""
    unit: str = ""
    command: str = ""

    def __str__(self) -> str:
        by = f", user {self.user}" if self.user else ""
        unit = f", unit {self.unit}" if self.unit else ""
        return f"{self.name} (pid {self.pid}{by}{unit})"

    @property
    def ours(self) -> bool:
        """Whether it is a part of some pxeserve."""
        return self.name.startswith(("pxe-", "pxeserve")) or "pxeserve" in " ".join(self.command.split("\0")[:4])


@dataclass(frozen=True, slots=True)
class Bound:
    """A socket that receives at a port: its protocol (udp or tcp), local address, and the inode by which its holder is found."""

    protocol: str
    address: str
    port: int
    inode: str

    @property
    def everywhere(self) -> bool:
        """Whether it is bound to all addresses."""
        return self.address in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound

    def overlaps(self, address: IPv4Address | None) -> bool:
        """Whether a socket on `address` would be in its way; None is for all addresses."""
        return self.everywhere or address is None or self.address == str(address)


def processes(root: Path) -> Iterator[Process]:
    """All processes that can be seen."""
    for folder in _folders(root):
        with suppress(OSError, ValueError):
            yield _process(folder)


def bound(root: Path) -> list[Bound]:
    """All sockets that receive, of IPv4 and of IPv6 that takes IPv4 as well. Raises OSError when there is no table at all."""
    found: list[Bound] = []
    folder = root / "proc/thread-self/net"
    if not folder.is_dir():
        folder = root / "proc/net"
    read = False
    for protocol in ("udp", "tcp"):
        for table in (protocol, f"{protocol}6"):
            try:
                with (folder / table).open(encoding="ascii") as file:
                    lines = file.read(64 << 20).splitlines()[1:]
            except OSError:
                continue
            read = True
            for line in lines[:_MOST]:
                fields = line.split()
                if len(fields) > 9 and (protocol == "udp" or fields[3] == "0A"):
                    address, port = fields[1].rsplit(":", 1)
                    found.append(Bound(protocol, _address(address), int(port, 16), fields[9]))
    if not read:
        raise OSError(f"{folder}: no table of sockets can be read")
    return found


def holders(root: Path, inodes: set[str]) -> dict[str, Process]:
    """Processes by the inode of a socket that they hold. One that several hold is told with the first."""
    found: dict[str, Process] = {}
    if not inodes:
        return found
    for folder in _folders(root):
        with suppress(OSError, ValueError):
            for descriptor in (folder / "fd").iterdir():
                with suppress(OSError):
                    match = _SOCKET.fullmatch(str(descriptor.readlink()))
                    if match and match[1] in inodes:
                        found.setdefault(match[1], _process(folder))
    return found


def devices(told: str) -> dict[str, str]:
    """From `ss -H -n -l -e`: the interface that a socket is bound to, by its inode."""
    found = {}
    for line in told.splitlines():
        inode, device = _INODE.search(line), re.search(r"\s\S+%([^\s:]+):\d+\s", line)
        if inode and device:
            found[inode[1]] = device[1]
    return found


def _folders(root: Path) -> Iterator[Path]:
    try:
        entries = sorted((root / "proc").iterdir())
    except OSError:
        return
    yield from (entry for entry in entries if entry.name.isdigit())


def _process(folder: Path) -> Process:
    name = (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
    user = unit = command = ""
    with suppress(OSError):
        status = (folder / "status").read_text(errors="replace")
        uid = re.search(r"^Uid:\s+(\d+)", status, re.MULTILINE)
        user = _user(int(uid[1])) if uid else ""
    with suppress(OSError):
        match = _UNIT.search((folder / "cgroup").read_text(errors="replace"))
        unit = match[1] if match else ""
    with suppress(OSError), (folder / "cmdline").open("rb") as file:
        command = file.read(4096).decode(errors="replace")
    return Process(int(folder.name), name, user, unit, command)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _address(text: str) -> str:
    """As /proc/net writes it: words of the machine's own order."""
    if len(text) == 8:
        return str(IPv4Address(int.from_bytes(bytes.fromhex(text), "little")))
    if text == "0" * 32:
        return "::"
    words = bytes.fromhex(text)
    whole = b"".join(words[at : at + 4][::-1] for at in range(0, 16, 4))
    return str(IPv4Address(whole[12:])) if whole[:12] == bytes(10) + b"\xff\xff" else whole.hex(":", 2)

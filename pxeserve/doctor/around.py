"""What a check may look at: the configuration, the networks that are served, this machine's files, the state, and the clock.

Files are asked for beneath `root`, so that a test may show another machine's. All reading is bounded; no shell is ever used.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pxeserve.config import Config
from pxeserve.config.model import SubnetConfig
from pxeserve.doctor.network import Interface, Network
from pxeserve.store import Store

_MOST = 4 << 20
_SECONDS = 10.0
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program said. `status` is None where it did not end in time, is not installed, or said more than is read."""

    status: int | None
    out: str
    error: str = ""


def run(command: Sequence[str], seconds: float = _SECONDS) -> Answer:
    """Run a program of the system's and read what it says, at most 4 MiB. Never raises."""
    path = shutil.which(command[0], path=_PATH)
    if path is None:
        return Answer(None, "", f"{command[0]} is not installed")
    environment = {"PATH": _PATH, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [path, *command[1:]], stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        return Answer(None, "", f"{command[0]} did not end within {seconds:.0f} s")
    except OSError as error:
        return Answer(None, "", f"{command[0]} cannot be run: {error.strerror}")
    if len(done.stdout) > _MOST:
        return Answer(None, "", f"{command[0]} said more than {_MOST >> 20} MiB")
    return Answer(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace").strip()[:200])


@dataclass(frozen=True, slots=True)
class Around:
    """One examination's surroundings. `now` is epoch seconds; `serving`: this configuration's service runs; `packets` are packet sockets
    by interface that were opened while there was root; `store` is None for whoever does not hold the state."""

    config: Config
    networks: tuple[Network, ...]
    interfaces: tuple[Interface, ...]
    now: float
    serving: bool = False
    store: Store | None = None
    root: Path = Path("/")
    run: Callable[[Sequence[str]], Answer] = run
    packets: Mapping[str, socket.socket] = field(default_factory=dict)
    privileged: bool = field(default_factory=lambda: os.geteuid() == 0)
    """Whether this process may see what is other users'."""
    mac: str = ""
    """Who the active probe says it is; a MAC invented anew where empty. The service keeps one: the other server sets one address aside."""
    seconds: float = 5.0
    """How long is listened and waited for answers, at most: dnsmasq pings an address for 3 s before it offers it."""
    questions: int = 3
    """DISCOVERs that it sends, 3 at most."""

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.config.server.data

    @property
    def behind_relays(self) -> tuple[SubnetConfig, ...]:
        """The subnets of server mode that this machine is no member of."""
        if self.config.dhcp.mode != "server":
            return ()
        own = [address.ip for one in self.interfaces for address in one.addresses]
        return tuple(subnet for subnet in self.config.dhcp.subnet if not any(address in subnet.network for address in own))

    def text(self, path: str, limit: int = _MOST) -> str | None:
        """The beginning of a file beneath `root`; None when it is not there or cannot be read."""
        try:
            with (self.root / path.lstrip("/")).open("rb") as file:
                return file.read(limit).decode(errors="replace")
        except OSError:
            return None

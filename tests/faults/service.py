"""A real `pxeserve serve` in a namespace: started, hurt, looked into. All is seen from outside: its log, its folder, and /proc."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.asked import asked, items
from tests.faults.space import Space

PXESERVE = Path(sys.executable).parent / "pxeserve"
CHILDREN = ("worker", "dhcp", "tftp", "provision", "console")
USER = "nobody"
PATIENCE = 60.0
"""Seconds after which a test no longer believes that something will happen. Long: nothing is measured with it."""

CONFIG = """
[server]
data = "{data}"
interface = "{interface}"
address = "{address}"
user = "{user}"
[dhcp]
mode = "server"
[[dhcp.subnet]]
network = "10.64.0.0/10"
range = ["{first}", "{last}"]
lease = "1h"
[tftp]
ports = "40000-40063"
"""
T = TypeVar("T")
_TICKS = os.sysconf("SC_CLK_TCK")


def until(happens: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """What `happens` returns, once that is true."""
    deadline = time.monotonic() + patience
    pause = threading.Event()
    while not (result := happens()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        pause.wait(0.01)
    return result


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def began(pid: int) -> float:
    """The moment at which a process was started, by the clock of `time.monotonic`."""
    return _stat(pid)[19] / _TICKS - (time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic())


def worked(pid: int) -> float:
    """Seconds of a core that a process has used: what it needs, however busy the machine is with others."""
    return (_stat(pid)[11] + _stat(pid)[12]) / _TICKS


def _stat(pid: int) -> list[int]:
    """The fields of proc(5) from the third on, letters as 0."""
    return [int(word) if word.lstrip("-").isdigit() else 0 for word in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()]


def _descriptors(pid: int) -> int:
    """How many are open, without the databases': each thread has its connections to those when it first needs them, and SQLite closes
    one's files only when no other holds a lock (sqlite.org/howtocorrupt.html, section 2.2). Those are bounded here, not counted."""
    targets = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):
            targets.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    bases = [target for target in targets if ".db" in target]
    assert len(bases) <= 60, bases
    return len(targets) - len(bases)


@dataclass(frozen=True)
class Health:
    """What the children look like from outside: pid, open descriptors (`_descriptors`) and resident memory (MB) of each."""

    pids: dict[str, int]
    descriptors: dict[str, int]
    memory: dict[str, float]


@dataclass
class Service:
    """One configuration and data folder in a namespace, and the process that serves it."""

    folder: Path
    space: Space
    interface: str = "lo"
    address: str = "127.0.0.1"
    first: str = "10.78.0.0"
    last: str = "10.99.255.255"
    """What is lent: more than a million addresses, so that crowds of strangers are no crowd."""
    more: str = ""
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _read: int = field(default=0)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def config(self) -> Path:
        return self.folder / "pxeserve.toml"

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Start it, and wait until it says that it serves."""
        words = {"interface": self.interface, "address": self.address, "first": self.first, "last": self.last}
        text = CONFIG.format(data=self.data, user=USER, **words)
        self.config.write_text(text + self.more)
        since = len(self.log)
        with (self.folder / "log").open("ab") as log:
            command = [*self.space.prefix, str(PXESERVE), "serve", "--config", str(self.config)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.starts += 1
        until(lambda: re.search(r"\] ready\b", self.log[since:]) or self.process.poll() is not None, f"ready: {self.log[since:]}")
        assert self.process.poll() is None, self.log[since:]

    def pid(self, child: str) -> int:
        """Of the newest process of this name that said it was ready."""
        return int(re.findall(rf"\] {child} ready.*pid=(\d+)", self.log)[-1])

    def pids(self) -> dict[str, int]:
        return {child: self.pid(child) for child in CHILDREN}

    def kill(self, victim: str) -> int:
        """kill -9; gives the pid that died. `parent` is the whole service, whose children must follow."""
        assert self.process is not None
        if victim == "parent":
            pids = self.pids()
            self.process.kill()  # `ip netns exec` has become the parent itself
            self.process.wait(PATIENCE)
            until(lambda: not any(alive(pid) for pid in pids.values()), "the children end with their parent")
            return self.process.pid
        pid = self.pid(victim)
        os.kill(pid, signal.SIGKILL)
        return pid

    def again(self, victim: str, dead: int) -> int:
        """Wait until `victim` has come back; gives its new pid. The parent is started anew, as systemd does."""
        if victim == "parent":
            self.start()
            assert self.process is not None
            return self.process.pid
        until(lambda: self.pid(victim) != dead, f"{victim} again: {self.log[-3000:]}")
        return self.pid(victim)

    def stop(self) -> None:
        """End it as systemd does."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A word on the command line."""
        return self.space.run(PXESERVE, *words, "--config", self.config)

    def ask(self, verb: str, **arguments: Any) -> Any:
        """What an operation answers."""
        return asked(self.data, verb, **arguments)

    def items(self, verb: str, **arguments: Any) -> list[Any]:
        """What one gives, item after item."""
        return items(self.data, verb, **arguments)

    def told(self, *words: str) -> None:
        """One that must succeed."""
        done = self.command(*words)
        assert done.returncode == 0, f"{words}: {done.stderr}"

    def health(self) -> Health:
        pids = self.pids()
        for child, pid in pids.items():
            assert alive(pid), f"{child} is dead: {self.log[-3000:]}"
        memory = {}
        for child, pid in pids.items():
            status = Path(f"/proc/{pid}/status").read_text()
            found = re.search(r"VmRSS:\s+(\d+) kB", status)
            assert found, status
            memory[child] = int(found[1]) / 1024
        return Health(pids, {child: _descriptors(pid) for child, pid in pids.items()}, memory)

    def give(self) -> None:
        """Let all in the data folder belong to the service's user."""
        subprocess.run(["chown", "-R", USER, str(self.data)], check=True)

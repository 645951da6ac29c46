"""A real `pxeserve serve` without DHCP, with media in it: on loopback with high ports, or in a namespace."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.ports import free_port

PXESERVE = Path(sys.executable).parent / "pxeserve"
USER = "nobody" if os.geteuid() == 0 else getpass.getuser()
PATIENCE = 60.0
"""Seconds after which a test no longer believes that something will happen. Long: nothing is measured with it."""

CONFIG = """
[server]
data = "{data}"
interface = "{interface}"
address = "{address}"
user = "{user}"
[dhcp]
mode = "off"
[tftp]
port = {tftp}
[http]
port = {http}
[answerfile]
allow_plaintext = true
"""
T = TypeVar("T")


def until(happens: Callable[[], T], what: str) -> T:
    """What `happens` returns, once that is true."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not (result := happens()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        pause.wait(0.02)
    return result


@dataclass
class Served:
    """One service. `prefix` goes before a command to run it where the service is, and `before` after that for the service itself."""

    folder: Path
    more: str = ""
    interface: str = "lo"
    address: str = "127.0.0.1"
    prefix: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    http: int = field(default_factory=free_port)
    tftp: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.write()

    @property
    def config(self) -> Path:
        return self.folder / "pxeserve.toml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""

    def write(self) -> None:
        words = {"data": self.data, "user": USER, "interface": self.interface, "address": self.address}
        self.config.write_text(CONFIG.format(**words, http=self.http, tftp=self.tftp) + self.more)

    def run(self, *words: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        """A command where the service is."""
        return subprocess.run([*self.prefix, *map(str, words)], capture_output=True, text=True, timeout=PATIENCE, check=False, **more)

    def cli(self, *words: str | Path) -> str:
        """`pxeserve WORDS`, which must succeed; its output."""
        done = self.run(PXESERVE, *words, "--config", self.config)
        assert done.returncode == 0, f"pxeserve {words}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *, expecting: str = "] ready ") -> None:
        with (self.folder / "log").open("ab") as out:
            self.process = subprocess.Popen(
                [*self.prefix, *self.before, str(PXESERVE), "serve", "--config", str(self.config)], stdout=out, stderr=subprocess.STDOUT
            )
        process = self.process
        until(lambda: expecting in self.log or process.poll() is not None, expecting)
        assert process.poll() is None, self.log

    def child(self, name: str) -> int:
        """The pid of a child, as the log told it last."""
        return int(re.findall(rf"\] {name} ready\s+pid=(\d+)", self.log)[-1])

    def killed(self, name: str) -> None:
        """End a child with SIGKILL, and wait until another has taken its place."""
        dead = self.child(name)
        os.kill(dead, signal.SIGKILL)
        until(lambda: self.child(name) != dead, f"{name} again:\n{self.log}")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)


@contextmanager
def house() -> Iterator[Path]:
    """A folder with a short name, since a socket's path has to be short; the service's user can reach it."""
    folder = Path(tempfile.mkdtemp(prefix="pxp", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def opened(folder: Path) -> Path:
    """`folder`, whose content everybody may read: an import as another user needs that."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder

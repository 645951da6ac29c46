"""What a container is to a process: a network of its own with one end of a pipe, process 1 that says whose it is, and fewer rights."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PXESERVE = Path(sys.executable).parent / "pxeserve"
_PATIENCE = 60.0


@dataclass(frozen=True)
class Container:
    """`network` is the namespace's name; `folder` holds the configuration and the data."""

    network: str
    folder: Path

    def words(self, *command: str | Path, before: tuple[str, ...] = ()) -> list[str | Path]:
        """How a command is begun inside; `before` stands in front of it, such as what takes rights from it."""
        inside = ["ip", "netns", "exec", self.network, "unshare", "--mount", "--pid", "--fork", "--mount-proc"]
        return [*inside, "env", "container=podman", *before, *command]

    def write(self, text: str) -> None:
        """The configuration; `text` begins within [server]."""
        self.config.write_text(f'[server]\ndata = "{self.folder}/data"\ninterface = "eth0"\nuser = "nobody"\n{text}')

    @property
    def config(self) -> Path:
        return self.folder / "pxeserve.toml"

    def run(self, *words: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """A command of ours, to its end."""
        command = self.words(PXESERVE, *words, "--config", self.config, before=before)
        return subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)

    @contextmanager
    def serving(self, before: tuple[str, ...] = ()) -> Iterator[Path]:
        """The service, from `ready` on; gives its log."""
        log = self.folder / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                self.words(PXESERVE, "serve", "--config", self.config, before=before), stdout=subprocess.DEVNULL, stderr=sink
            )
        try:
            deadline = time.monotonic() + _PATIENCE
            while not re.search(r"\] ready\b", log.read_text()):
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield log
        finally:
            for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                os.kill(int(child), signal.SIGTERM)  # `unshare` itself hears nothing, and ends when its process 1 does
            process.wait(_PATIENCE)


@contextmanager
def contained(folder: Path, address: str) -> Iterator[Container]:
    """A container with `address` (10.0.0.2/24) on eth0, and nobody at the other end of its pipe."""
    name = f"pxeserve-box-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        pipe = ("link add eth0 type veth peer name pipe", f"address add {address} dev eth0")
        for words in (*pipe, "link set lo up", "link set pipe up", "link set eth0 up"):
            subprocess.run(["ip", "-netns", name, *words.split()], check=True)
        yield Container(name, folder)
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)

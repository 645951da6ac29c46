"""Real services on the loopback interface with high ports, each with a short-named folder, since a socket's path has to be short."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeVar

import pytest

from pxeserve import wire
from tests.ports import free_port

PXESERVE = Path(sys.executable).parent / "pxeserve"
ROOT = os.geteuid() == 0
USER = "nobody" if ROOT else getpass.getuser()
PATIENCE = 60.0
"""Seconds after which a test no longer believes that something will happen. Long: nothing is measured with it."""

T = TypeVar("T")
CONFIG = """
[server]
data = "{data}"
interface = "lo"
address = "127.0.0.1"
user = "{user}"
[dhcp]
mode = "server"
port = {dhcp}
[[dhcp.subnet]]
network = "127.77.0.0/24"
range = ["127.77.0.100", "127.77.0.199"]
[tftp]
port = {tftp}
[http]
port = {http}
[console]
port = {console}
"""


def until(happens: Callable[[], T], what: str) -> T:
    """What `happens` returns, once that is true. Asks again and again, and waits a little each time."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not (result := happens()):
        assert time.monotonic() < deadline, f"never happened: {what}"
        pause.wait(0.02)
    return result


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass
class Service:
    """One `pxeserve serve`, run or not; `config` is its file and `log` the lines it has written so far."""

    folder: Path
    ports: dict[str, int]
    log: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    _gatherer: threading.Thread = field(default_factory=threading.Thread)
    pxeserve = PXESERVE
    until = staticmethod(until)
    alive = staticmethod(alive)

    @property
    def config(self) -> Path:
        return self.folder / "pxeserve.toml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def write(self, **changed: Any) -> None:
        words: dict[str, Any] = {"data": self.data, "user": USER, **self.ports, **changed}
        self.config.write_text(CONFIG.format(**words))

    def launch(self, *command: str | Path, **environment: str) -> subprocess.Popen[str]:
        """Start it without waiting for anything; its lines are gathered on the side."""
        arguments = command or (PXESERVE, "serve", "--config", self.config)
        out = subprocess.PIPE
        self.process = subprocess.Popen(arguments, stdout=out, stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment})
        assert self.process.stdout is not None
        self._gatherer = threading.Thread(target=self._gather, args=(self.process.stdout,), daemon=True)
        self._gatherer.start()
        return self.process

    def _gather(self, lines: IO[str]) -> None:
        with lines:
            self.log.extend(lines)

    def drained(self) -> None:
        """Wait until its last line is in the log."""
        self._gatherer.join(PATIENCE)

    def start(self, **environment: str) -> None:
        self.launch(**environment)
        self.says(r"\bready\b.*dhcp=", since=len(self.log))

    def says(self, pattern: str, since: int = 0) -> re.Match[str]:
        """The first match in a line written after the first `since` lines."""

        def found() -> list[re.Match[str]]:
            return [match for line in self.log[since:] if (match := re.search(pattern, line))]

        try:
            return until(found, pattern)[0]
        except AssertionError:
            raise AssertionError(f"{pattern!r} is not in:\n{''.join(self.log[since:])}") from None

    def children(self) -> dict[str, int]:
        """The pids of the children by name, as the log told them last."""
        told = (re.search(r"\] (\w+) ready\s+pid=(\d+)", line) for line in self.log)
        return {match[1]: int(match[2]) for match in told if match}

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def ended(self) -> int:
        """The exit status, once it has ended."""
        assert self.process is not None
        return self.process.wait(PATIENCE)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGTERM)
            self.ended()

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['http']}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def transfers(self) -> bool:
        """Whether TFTP answers a read request; that there is no such file is an answer too."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(1)
            try:
                client.sendto(b"\0\1nothing-by-this-name\0octet\0", ("127.0.0.1", self.ports["tftp"]))
                return client.recv(2048)[:2] == b"\0\5"
            except OSError:
                return False

    def door(self) -> socket.socket:
        """A connection to the admin socket."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(PATIENCE)
        sock.connect(str(self.data / "run" / wire.SOCKET_NAME))
        return sock

    def asked(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """The last word on one request: a result or an error."""
        with self.door() as sock:
            wire.send(sock, {"verb": verb, "arguments": arguments})
            return next(message for message in wire.messages(sock) if {"result", "error"} & message.keys())


@pytest.fixture(scope="session")
def make_service() -> Iterator[Callable[..., Service]]:
    """Makes houses for services, with a configuration and nothing running; all is ended and removed afterwards."""
    made: list[Service] = []

    def make() -> Service:
        folder = Path(tempfile.mkdtemp(prefix="px", dir="/tmp"))
        folder.chmod(0o755)
        service = Service(folder, {name: free_port() for name in ("dhcp", "tftp", "http", "console")})
        service.write()
        made.append(service)
        return service

    yield make
    for service in made:
        service.stop()
        shutil.rmtree(service.folder)


@pytest.fixture
def service(make_service: Callable[..., Service]) -> Iterator[Service]:
    """A house of the test's own, nothing running."""
    service = make_service()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def running(make_service: Callable[..., Service]) -> Service:
    """One running service for the tests of a module that leave it as they found it."""
    service = make_service()
    service.start()
    return service

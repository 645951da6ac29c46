"""The surroundings of a measurement: a network namespace, a core for the server and one for the client, and who used how much CPU.

CPU is counted by the kernel for all processes of a control group, forks and threads that have ended included.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER_CORE, CLIENT_CORE = "0", "1"
_STARTED, _STILL = 20.0, 0.5
"""Seconds: most that a start may take, and how long one is watched that is over."""
_V1, _V2 = Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup")


class Unfit(Exception):
    """This machine cannot measure; says why."""


class Group:
    """A control group that counts its processes' CPU time."""

    def __init__(self, name: str) -> None:
        base = _V1 if _V1.is_dir() else _V2
        self._folder = base / name
        self._v1 = base is _V1
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise Unfit(f"{self._folder}: no control group can be made: {error.strerror}; run as root on the host itself") from None

    def join(self) -> None:
        """Take the calling process in; for use between fork and exec."""
        (self._folder / "cgroup.procs").write_text(str(os.getpid()))

    def seconds(self) -> float:
        """CPU seconds used until now by all that ever were in it."""
        if self._v1:
            return int((self._folder / "cpuacct.usage").read_text()) / 1e9
        return int((self._folder / "cpu.stat").read_text().split()[1]) / 1e6

    def pids(self) -> list[int]:
        """Who is in it now."""
        return [int(word) for word in (self._folder / "cgroup.procs").read_text().split()]

    def settle(self) -> None:
        """Wait until they have started, and do nothing but wait: what a start costs is not what an answer costs."""
        deadline = time.monotonic() + _STARTED
        while time.monotonic() < deadline:
            before = self.seconds()
            time.sleep(_STILL)
            if self.seconds() - before < _STILL / 50:
                return

    def end(self) -> None:
        """Kill what is left and remove the group."""
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while self.pids() and time.monotonic() < deadline:
            time.sleep(0.02)
        self._folder.rmdir()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def loopback(name: str) -> Iterator[str]:
    """A namespace with nothing but `lo`, for server and client both."""
    _ip("netns", "add", name)
    try:
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "address", "add", "10.77.0.1/32", "dev", "lo")  # tftpd-hpa starts on no machine that has 127.0.0.1 alone
        yield name
    finally:
        _ip("netns", "del", name)


@contextmanager
def cable(server: str, client: str) -> Iterator[None]:
    """Two namespaces and a wire: `eth0` is 10.64.0.1/10 with the server and 10.64.0.2/10 with the client."""
    _ip("netns", "add", server)
    _ip("netns", "add", client)
    try:
        _ip("link", "add", "eth0", "netns", server, "type", "veth", "peer", "name", "eth0", "netns", client)
        for space, address in ((server, "10.64.0.1/10"), (client, "10.64.0.2/10")):
            _ip("-n", space, "link", "set", "lo", "up")
            _ip("-n", space, "address", "add", address, "dev", "eth0")
            _ip("-n", space, "link", "set", "eth0", "up")
        yield
    finally:
        _ip("netns", "del", server)
        _ip("netns", "del", client)


@dataclass(slots=True)
class Running:
    """A server that runs. `log` holds what it said."""

    process: subprocess.Popen[bytes]
    group: Group
    log: Path


@contextmanager
def server(space: str, words: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """`words` as a process in the namespace `space` on the server's core, and at the end nothing of it."""
    group = Group(f"bench-{os.getpid()}")
    command = ["ip", "netns", "exec", space, "taskset", "-c", SERVER_CORE, *map(str, words)]
    more = {**os.environ, **(environment or {})}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, preexec_fn=group.join, start_new_session=True, env=more
        )
        try:
            yield Running(process, group, log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
            group.end()


def client(space: str, words: Sequence[str | Path], timeout: float = 120) -> str:
    """What `words`, run in `space` on the client's core, print. Raises RuntimeError with what they complain of."""
    command = ["ip", "netns", "exec", space, "taskset", "-c", CLIENT_CORE, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}: ended with {done.returncode}: {done.stderr.strip()[-500:]} {done.stdout[-500:]}")
    return done.stdout


def until(running: Running, fine: object, what: str, seconds: float = 60) -> None:
    """Wait until `fine()` is true and the start is over. Raises RuntimeError when the server ends or does not come."""
    deadline = time.monotonic() + seconds
    while not fine():  # type: ignore[operator]
        if running.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{what} did not come up: {running.log.read_text()[-2000:]}")
        time.sleep(0.05)
    running.group.settle()


def file_system(path: Path) -> str:
    """The type of the file system that `path` lies on. Raises Unfit for one in memory, where a sync costs nothing."""
    kind = subprocess.run(["stat", "--file-system", "--format=%T", path], capture_output=True, text=True, check=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        raise Unfit(f"{path} is on {kind}, where a sync costs nothing; set TMPDIR to a folder on a disk")
    return kind

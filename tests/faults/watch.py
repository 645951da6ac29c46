"""What has to be so after every family of hostile words: the same processes, no more of anything, nothing told, nothing left behind."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.fetching import http_get, rrq, tftp_get
from tests.faults.leasing import Crowd
from tests.faults.service import Health, Service, until

_DESCRIPTORS, _MEMORY = 8, 0.10
_STATE = ("state/", "run/")


def plant(folder: Path, canary: Path) -> list[str]:
    """What an administrator's mistake or an unpacked archive may leave in a folder that is served; none of it may be given out."""
    (folder / "link").symlink_to(canary)
    (folder / "relative-link").symlink_to(os.path.relpath(canary, folder))
    (folder / "folder-link").symlink_to(canary.parent)
    (folder / "up").symlink_to("..")
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nothing")
    (folder / "proc").symlink_to("/proc/self/environ")
    os.mkfifo(folder / "fifo")
    os.mknod(folder / "zero", 0o666 | 0o020000, os.makedev(1, 5))
    os.mknod(folder / "tty", 0o666 | 0o020000, os.makedev(5, 0))
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(folder / "socket"))
    (folder / "folder").mkdir()
    (folder / "secret").write_bytes(canary.read_bytes())
    (folder / "secret").chmod(0o000)
    inside = ["link", "relative-link", "folder-link/canary", "folder-link", "up/keys/seal", "up/state/site.db", "loop", "dangling", "proc"]
    return [*inside, "fifo", "zero", "tty", "socket", "folder", "folder/", "secret"]


def traversals(canary: Path, data: Path) -> list[str]:
    """Names that try to leave a root, as lists of such things have them: by dots, by encodings, by absolute paths."""
    steps = ["..", "%2e%2e", "%2E.", ".%2e", "..%00", "..\\", "..%5c", "..%c0%af", "%c0%ae%c0%ae", "..;", ". .", "...", "....", ".. "]
    targets = ["keys/seal", "state/site.db", f"canary{'/'}", "etc/passwd", "run/admin.sock", "pxeserve.toml"]
    found = [f"{'/'.join([step] * depth)}/{target}" for step in steps for depth in (1, 2, 6) for target in targets[:4]]
    found += [
        f"{good}/{'../' * depth}{target}"
        for good in ("body.bin", "folder", "pxelinux.cfg", "b/x/y", "f", "m/x")
        for depth in (1, 3)
        for target in targets
    ]
    found += [
        str(canary),
        f"/{canary}",
        f"//{canary}",
        f"file://{canary}",
        f"\\{canary}",
        str(data / "keys" / "seal"),
        "/proc/self/environ",
        "/dev/zero",
    ]
    found += ["~root/.profile", "C:\\boot.ini", "\\\\server\\share", "./../keys/seal", ".//..//keys/seal", "body.bin\x00/../canary"]
    return found


@dataclass
class Watch:
    """One service that is watched while it hears hostile words. `heard` gathers whatever it said."""

    service: Service
    canary: bytes
    body: bytes
    ends: str = "127.0.0.1"
    heard: list[bytes] = field(default_factory=list)
    before: Health | None = None
    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    _crowd: Crowd | None = None

    def begin(self) -> None:
        """As it is now, so it shall be."""
        self._fill_the_tftp_stock()
        self.good_clients_are_served()
        self.before = self.service.health()
        self.files = self._files()

    def _fill_the_tftp_stock(self) -> None:
        """Have 300 transfers at once: the server keeps their sockets for later ones, as many as it ever keeps."""
        with ExitStack() as stack:
            socks = [stack.enter_context(self.service.space.udp(f"127.7.0.{number % 200 + 1}")) for number in range(300)]
            for sock in socks:
                sock.sendto(rrq("body.bin"), (self.service.address, 69))
            for sock in socks:
                sock.sendto(b"\0\5\0\0no\0", sock.recvfrom(2048)[1])

    def holds(self, why: str) -> str:
        """See that all is well; gives what grew, in words."""
        assert self.before is not None
        self.good_clients_are_served()
        before = self.before
        fine: Callable[[Health], bool] = lambda now: all(  # noqa: E731
            abs(now.descriptors[child] - before.descriptors[child]) <= _DESCRIPTORS for child in now.pids
        )
        until(lambda: fine(self.service.health()), f"{why}: descriptors as before: {before}, {self.service.health()}", patience=45)
        now = self.service.health()
        assert now.pids == before.pids, f"{why}: {self.service.log[-3000:]}"
        grown = {child: now.memory[child] / before.memory[child] - 1 for child in now.pids}
        assert max(grown.values()) <= _MEMORY, f"{why}: {grown}"
        assert "Traceback" not in self.service.log, f"{why}: {self.service.log[-3000:]}"
        assert "ended with" not in self.service.log, why
        assert not any(self.canary in said for said in self.heard), f"{why}: the canary was given out"
        assert self._files() == self.files, f"{why}: something was written"
        self.heard.clear()
        return f"memory {max(grown.values()):+.1%} at most"

    def good_clients_are_served(self) -> None:
        space = self.service.space
        with space.udp() as sock:
            assert tftp_get(sock, (self.service.address, 69), "body.bin") == self.body
        with space.tcp((self.service.address, 80)) as conn:
            assert http_get(conn, "/f/body.bin") == (200, self.body)
        if self._crowd is None:
            self._crowd = Crowd(space.udp(), ("127.0.0.1", 67))
        self._crowd.lease(0.05, at_once=2)
        self._crowd.finish()
        assert not self._crowd.record.doubled

    def _files(self) -> dict[str, tuple[int, int]]:
        """Everything in the data folder but the databases and sockets: size and time of change."""
        data = self.service.data
        found = {}
        for path in data.rglob("*"):
            name, status = str(path.relative_to(data)), path.lstat()
            if not name.startswith(_STATE):
                found[name] = (status.st_size, status.st_mtime_ns)
        names = sorted(path.name for folder in _STATE for path in (data / folder).iterdir())
        found["names of state and run"] = (len([name for name in names if not name.endswith(("-wal", "-shm"))]), 0)
        return found


def canary_beside(service: Service) -> tuple[Path, bytes]:
    """A file outside of all that is served, readable by everybody, with words that are nowhere else."""
    folder = service.folder / "outside"
    folder.mkdir()
    words = f"canary {secrets.token_hex(16)}".encode()
    (folder / "canary").write_bytes(words)
    subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
    return folder / "canary", words

"""Runs scripts as an installer does: fetched from a real HTTP server, by a real shell, with the few tools of a RAM disk."""

from __future__ import annotations

import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SHELLS = {"dash": ["dash"], "busybox": ["busybox", "sh"], "bash": ["bash", "--posix"]}
BUSYBOX = (
    "mkdir", "chmod", "rm", "cp", "mv", "cat", "sed", "cmp", "sync", "sleep", "sha256sum", "chroot", "id", "sh", "ls", "touch", "test", "[",
    "tail",
)  # fmt: skip


@dataclass
class Wire:
    """Files by path, what was asked for, and paths that are refused."""

    base: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    posted: dict[str, bytes] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)   # path to how many times more it is answered with 503

    def address(self, name: str) -> str:
        return f"{self.base}/s/T-{name}/{name}"

    @property
    def progress(self) -> str:
        return f"{self.base}/p/TOKEN"

    @property
    def reports(self) -> list[str]:
        return [path.removeprefix("/p/TOKEN/") for path in self.asked if path.startswith("/p/")]

    def serve(self, files: dict[str, bytes]) -> None:
        self.files |= {f"/s/T-{name}/{name}": body for name, body in files.items()}


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            body = made.files.get(self.path)
            if made.busy.get(self.path, 0):
                made.busy[self.path] -= 1
                return self.send_error(503)
            self.send_response(204 if self.path.startswith("/p/") else 404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")
            return None

        def do_POST(self) -> None:
            made.posted[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
            made.asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.base = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def ramdisk(tmp_path: Path) -> Callable[[str], Path]:
    """A folder of tools: those of a busybox, and one that fetches (`python`, `python3`, `curl` or `wget`)."""
    busybox = shutil.which("busybox")
    if busybox is None:
        pytest.skip("busybox is not installed")

    def make(fetcher: str) -> Path:
        folder = tmp_path / f"bin-{fetcher}"
        folder.mkdir()
        for name in BUSYBOX:
            os.symlink(busybox, folder / name)
        real = {"python": sys.executable, "python3": sys.executable, "curl": shutil.which("curl"), "wget": busybox}[fetcher]
        if real is None:
            pytest.skip(f"{fetcher} is not installed")
        launcher = folder / fetcher
        if fetcher == "wget":
            os.symlink(real, launcher)
        else:   # not a link: Python looks beside itself for its library
            launcher.write_text(f'#!/bin/sh\nexec {real} "$@"\n')
            launcher.chmod(0o755)
        return folder

    return make


@pytest.fixture
def installer(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script as an installer does: `run(shell, body, *arguments, tools=..., stage=...)`."""

    def run(
        shell: str, body: bytes, *arguments: str, tools: Path | None = None, stage: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        if not shutil.which(SHELLS[shell][0]):
            pytest.skip(f"{shell} is not installed")
        script = tmp_path / "script"
        script.write_bytes(body)
        environment = {"PATH": str(tools) if tools else "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
        if stage is not None:
            environment["XS_STAGE"] = stage
        words = [str(shutil.which(SHELLS[shell][0])), *SHELLS[shell][1:], str(script), *arguments]
        return subprocess.run(words, env=environment, input="typed\n", capture_output=True, text=True, timeout=120, check=False)

    return run

"""The foreign program as a process: found, started, read, told to load again, ended. Refuses to know why."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PLACES = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"
_PLUGIN = "libfsalvfs.so"
_libc = ctypes.CDLL(None)
_MOST = 1 << 16


def program() -> str | None:
    """Where ganesha.nfsd lies."""
    return shutil.which("ganesha.nfsd", path=_PLACES)


def plugins() -> Path | None:
    """The folder with the part that exports folders (Debian: package nfs-ganesha-vfs)."""
    for root in (Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib")):
        for found in (*root.glob(f"ganesha/{_PLUGIN}"), *root.glob(f"*/ganesha/{_PLUGIN}")):
            return found.parent
    return None


class Process:
    """One running Ganesha. `folder` holds its configuration, `ganesha.conf`. Raises OSError when it cannot be started."""

    def __init__(self, path: str, folder: Path) -> None:
        parent = os.getpid()
        read, write = os.pipe2(os.O_CLOEXEC)
        command = [path, "-F", "-f", str(folder / "ganesha.conf"), "-L", "STDERR", "-p", str(folder / "ganesha.pid")]
        try:
            (folder / "ganesha.pid").unlink(missing_ok=True)
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=write, cwd="/", preexec_fn=lambda: _bound_to(parent)
            )
        except BaseException:
            os.close(read)
            raise
        finally:
            os.close(write)
        os.set_blocking(read, False)
        self.log = read
        """Readable when it has said something, or has ended."""
        self._rest = b""

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, or minus the signal that ended it; None while it runs."""
        return self._process.poll()

    def lines(self) -> Iterator[str]:
        """What it has said since the last time."""
        while True:
            try:
                block = os.read(self.log, _MOST)
            except BlockingIOError:
                return
            if not block:
                return
            *lines, self._rest = (self._rest + block).split(b"\n")
            self._rest = self._rest[-_MOST:]
            yield from (line.decode(errors="replace") for line in lines)

    def reload(self) -> None:
        """Have it read its exports again."""
        if self.status is None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self, seconds: float) -> None:
        """Ask it to end, and end it when it has not done so in time."""
        if self.status is None:
            self._process.terminate()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Forget one that has ended."""
        os.close(self.log)


def _bound_to(parent: int) -> None:
    """It must not outlive its keeper: its ports would be taken when that comes back."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)

"""NFS as a mount shows it: a file is there when it can be opened, and is read to its end. By `nfs-cat` of libnfs, as root.

The installers mount with `ro` (4.1 to 5.5) or `ro,tcp` (5.6 and later) and name no port: portmapper and mountd must answer where they
always do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pxeserve.errors import PxeserveError
from pxeserve.repo.replay.accessor import PIECE, Read, Sums, Taken, UnreadableError
from pxeserve.repo.replay.generation import Speech
from pxeserve.repo.replay.report import Log

TOOL, _LIST = "nfs-cat", "nfs-ls"
PORT = 2049
_REFUSED = frozenset("?&#%")
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Mount:
    """One way to mount: the protocol's version, and the ports where none is asked of anybody (0: portmapper, or the usual one)."""

    version: int
    port: int = 0
    mount_port: int = 0

    def url(self, host: str, path: str) -> str:
        """`path` in libnfs's words, asked for as root."""
        ports = (f"&nfsport={self.port}" if self.port else "") + (f"&mountport={self.mount_port}" if self.mount_port else "")
        return f"nfs://{host}{path}?version={self.version}&uid=0&gid=0{ports}"

    def works(self, host: str, path: str) -> bool:
        """Whether `path` can be mounted so."""
        command = [_LIST, self.url(host, path)]
        try:
            return subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False, env=_environment()).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def ways(speech: Speech, served: Collection[int], port: int, mount_port: int) -> tuple[list[Mount], list[Mount]]:
    """How the generation's `mount` would try, in its order; and how this server can be reached all the same, by
    ports that no installer names.

    Up to 6.5 it speaks NFSv3 alone; later ones try NFSv4 at its usual port first.
    """
    own = [Mount(3)] if 3 in served else []
    if speech.python >= (2, 7) and 4 in served and port == PORT:
        own.insert(0, Mount(4))
    others = [Mount(4, port)] if 4 in served else []
    return own, [*others, Mount(3, port, mount_port)] if 3 in served else others


@dataclass(frozen=True, slots=True)
class Nfs:
    """The source `HOST:PATH`; `path` has a slash at both ends. `mount` is None when nothing could be mounted."""

    host: str
    path: str
    mount: Mount | None
    log: Log
    read: Read

    def start(self) -> None:
        """The mount. Raises UnreadableError with the installer's word."""
        if self.mount is None:
            self.log.add("mount", "/", None, 0, "refused")
            raise UnreadableError("MountFailureException")

    def there(self, path: str) -> bool:
        """Opened, and closed again."""
        try:
            with self._opened(path) as (process, first):
                found = bool(first) or process.wait() == 0
                if first:
                    process.terminate()
        except UnreadableError:
            found = False
        self.log.add("open", f"/{path}", None, 0, "there" if found else "not there")
        return found

    def fetch(self, path: str, keep: int = 0) -> Taken:
        """Read to its end."""
        sums = Sums(keep, self.read)
        with self._opened(path) as (process, first):
            piece = first
            assert process.stdout is not None
            while piece:
                sums.take(piece)
                piece = process.stdout.read(PIECE)
            assert process.stderr is not None
            said = process.stderr.read().decode("utf-8", "replace").strip().splitlines()
            if process.wait() != 0:
                self.log.add("read", f"/{path}", None, sums.size, "cut" if sums.size else "refused")
                raise UnreadableError(f"IOError: {said[-1] if said else 'not readable'}")
        self.log.add("read", f"/{path}", None, sums.size, "whole")
        return sums.taken()

    @contextmanager
    def _opened(self, path: str) -> Iterator[tuple[subprocess.Popen[bytes], bytes]]:
        if not path.isprintable() or _REFUSED & set(path):
            raise UnreadableError(f"{path!r}: a name that this replay cannot put into an address of libnfs")
        assert self.mount is not None
        url = self.mount.url(self.host, self.path + path)
        pipe = subprocess.PIPE
        process = subprocess.Popen([TOOL, url], stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=_environment())
        try:
            assert process.stdout is not None
            yield process, process.stdout.read1(PIECE)  # type: ignore[attr-defined]
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


def needed() -> None:
    """Raises PxeserveError when libnfs's tools are not installed."""
    if shutil.which(TOOL) is None:
        raise PxeserveError(f"{TOOL} is not installed, and NFS is read with it", fix="apt-get install libnfs-utils")


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}

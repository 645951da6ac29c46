"""NFS as a mount shows it: a file is there when it can be opened, and is read to its end. By `nfs-cat` of libnfs, as root.

The installers mount with `ro` (4.1 to 5.5) or `ro,tcp` (5.6 and later) and name no port: portmapper and mountd must answer where they
always do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pxeserve.errors import PxeserveError
from pxeserve.repo.replay.accessor import PIECE, Read, Sums, Taken, UnreadableError
from pxeserve.repo.replay.report import Log

TOOL = "nfs-cat"
_REFUSED = frozenset("?&#%")


@dataclass(frozen=True, slots=True)
class Nfs:
    """The source `HOST:PATH`; `path` has a slash at both ends."""

    host: str
    path: str
    version: int
    log: Log
    read: Read

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
        url = f"nfs://{self.host}{self.path}{path}?version={self.version}&uid=0&gid=0"
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

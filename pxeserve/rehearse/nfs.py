"""The rehearsal's NFS client: libnfs' nfs-cat, where it is installed, as no file system is mounted for a rehearsal."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from pxeserve.rehearse.sink import Sink
from pxeserve.rehearse.step import StepFailedError

_PIECE = 1 << 16
_WAIT = 15.0
_VERSION_3 = frozenset({"4.1", "5.0", "5.5", "5.6", "6.0", "6.2", "6.5"})


class NoAnswerError(StepFailedError):
    """The server takes the connection and then says nothing."""


def _no_answer(url: str) -> tuple[str, str]:
    return f"{url}: NFS takes the connection and says nothing", "pxeserve status says how NFS fares; restarting the service starts it anew"


def _piece(descriptor: int, url: str) -> bytes:
    if not select.select([descriptor], [], [], _WAIT)[0]:
        raise NoAnswerError(*_no_answer(url))
    return os.read(descriptor, _PIECE)


def program() -> str | None:
    """Where nfs-cat is (Debian: package libnfs-utils); None where it is not."""
    return shutil.which("nfs-cat")


@dataclass(frozen=True, slots=True)
class NfsClient:
    """Reads addresses `nfs://SERVER/PATH` with the program at `path`, in the version of NFS that installers of `dialect` speak."""

    path: str
    dialect: str

    def there(self, url: str) -> bool:
        """Whether `url` can be read. Raises NoAnswerError."""
        try:
            return self.get(url).size >= 0
        except NoAnswerError:
            raise  # a server that hangs lacks nothing; each further name would take as long
        except StepFailedError:
            return False

    def get(self, url: str, keep: int = 0) -> Sink:
        """Read `url` whole. Raises StepFailedError with what the server said, NoAnswerError when it says nothing for 15 s."""
        sink = Sink(keep)
        parts = urlsplit(url)
        version = 3 if self.dialect in _VERSION_3 else 4
        address = parts._replace(path=quote(parts.path, safe="/@+"), query=f"version={version}").geturl()
        with subprocess.Popen([self.path, address], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reading:
            assert reading.stdout is not None and reading.stderr is not None
            try:
                while piece := _piece(reading.stdout.fileno(), url):
                    sink.write(piece)
                said = _piece(reading.stderr.fileno(), url).decode(errors="replace").strip()
                status = reading.wait(_WAIT)
            except (NoAnswerError, subprocess.TimeoutExpired):
                reading.kill()
                raise NoAnswerError(*_no_answer(url)) from None
        if status:
            raise StepFailedError(f"{url}: {said.splitlines()[0] if said else 'cannot be read'}")
        return sink

"""Which server the commands of this process ask: one far away, or, where none was named, the service of this machine.

Loads nothing that only a far server needs: how it is asked is `calling`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pxeserve.errors import PxeserveError

_PORT = 8443
_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)


class FarGoneError(PxeserveError):
    """The server went away before it had said all."""


@dataclass(frozen=True, slots=True)
class Far:
    """Where it is and how it is known. `fingerprint` is the SHA-256 of its certificate in hex, "" where authorities are asked: those in the
    file `ca`, or this machine's."""

    host: str
    port: int
    token: str = field(repr=False)
    ca: Path | None = None
    fingerprint: str = ""

    def __str__(self) -> str:
        return f"https://{self.host}:{self.port}"

    def call(self, verb: str, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The server's words on `verb`: progress, items and a result. Raises PxeserveError for what it refuses, FarGoneError when it ends
        before it has said all."""
        from pxeserve.cli.terminal import calling  # with TLS, which few commands need

        return calling.call(self, verb, arguments)

    def send(self, path: Path, report: Callable[[int, int, str], None]) -> str:
        """Send a file, or what of it is not there yet; the name of the upload. Raises PxeserveError."""
        from pxeserve.cli.terminal import calling

        return calling.send(self, path, report)

    def put(self, path: Path, where: str, report: Callable[[int, int, str], None]) -> Any:
        """Send a file to `where`, a path of the server's with its query, and what is answered. Raises PxeserveError."""
        from pxeserve.cli.terminal import calling

        return calling.put(self, path, where, report)


_chosen: list[Far] = []


def choose(server: str | None, token_file: Path | None, ca: Path | None, fingerprint: str | None) -> None:
    """Have the commands of this process ask `server`, or, where there is none, the service of this machine. Raises PxeserveError."""
    _chosen.clear()
    if server is None:
        return
    host, port = _place(server)
    _chosen.append(Far(host, port, _token(token_file), ca, _plain_fingerprint(fingerprint)))


def chosen() -> Far | None:
    """The server that was chosen; None for the service of this machine."""
    return _chosen[0] if _chosen else None


def only_here(what: str) -> None:
    """Raises PxeserveError for `what` can be done on the server's own machine alone, where another was chosen."""
    there = chosen()
    if there is not None:
        raise PxeserveError(f"{what} on the machine itself, and not on {there}", code="refused", fix="log in there, and leave --server out")


def _place(server: str) -> tuple[str, int]:
    try:
        found = urlsplit(server if "://" in server else f"https://{server}")
        host, port = found.hostname, found.port or _PORT
    except ValueError:
        raise PxeserveError(f"--server: {server[:200]!r} is not https://HOST:PORT") from None
    if not host or found.scheme != "https" or found.path.strip("/") or found.query or found.username:
        raise PxeserveError(f"--server: {server[:200]!r} is not https://HOST:PORT")
    return host, port


def _token(file: Path | None) -> str:
    token = os.environ.get("PXESERVE_TOKEN", "") if file is None else _read(file)
    if not token and file is None:
        raise PxeserveError("a far server wants an API token", fix="--token-file FILE, or PXESERVE_TOKEN; pxeserve token create makes one")
    if not token.isascii() or not token.isprintable() or not token or " " in token:
        raise PxeserveError("that is no API token", fix="pxeserve token create makes one")
    return token


def _read(file: Path) -> str:
    try:
        found = file.stat()
        if stat.S_ISREG(found.st_mode) and found.st_mode & 0o077:
            raise PxeserveError(f"{file}: other users may read this token", fix=f"chmod 600 {file}")
        with file.open("rb") as opened:
            return opened.read(1024).decode("ascii", "replace").strip()
    except OSError as error:
        raise PxeserveError(f"{file}: {error.strerror}", fix="name the file that holds the token") from None


def _plain_fingerprint(said: str | None) -> str:
    if not said:
        return ""
    plain = said.replace(":", "").strip().lower()
    if not _FINGERPRINT.fullmatch(plain):
        raise PxeserveError("--fingerprint: 64 hexadecimal digits, the SHA-256 of the certificate as the server's log names it")
    return plain

"""An http(s) address as a source: the image or archive is fetched into the staging folder, and imported from there.

Every hop's address is looked up once, checked and then used itself, so that a name cannot mean another machine a moment later. TLS is
always verified. What broke off is taken up where it was, as long as the server says that it still is the same file.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.repo.onepass import Report
from pxeserve.repo.room import reserve, take_beyond
from pxeserve.repo.sources.address import Limits, resolved
from pxeserve.repo.sources.telling import known_by, told
from pxeserve.repo.staging import BrokenOffError, Staging
from pxeserve.repo.tree import SourceError

_PATIENCE = 30.0
"""Seconds without a byte after which a connection is given up."""

_LOOK = 0.2
_ATTEMPTS = 3
_PIECE = 1 << 18
_MOVED = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class _Known:
    """By what a file at an address is known again: its strong ETag or its date, and its bytes in all."""

    validator: str
    total: int


def is_url(source: str) -> bool:
    """Whether `source` is an address and no path."""
    return "://" in source


class _Dropped(Exception):
    """The network failed, or the server did; what was written is good."""


def fetched(url: str, stage: Staging, number: int, limits: Limits, report: Report) -> Path:
    """The file at `url`, in the staging folder as the `number`-th. Raises SourceError, and BrokenOffError for what the same command can
    take up again."""
    target = stage.folder / f"fetched-{number}"
    deadline = time.monotonic() + limits.seconds
    for attempt in range(1, _ATTEMPTS + 1):
        before = _size(target)
        try:
            _fetch(url, target, stage, limits, deadline, report)
        except _Dropped as dropped:
            stage.go_on()
            after = _size(target)
            if attempt == _ATTEMPTS or after <= before:
                said = f"{told(url)}: broke off after {after} bytes: {dropped}"
                raise BrokenOffError(said, fix="the same command goes on from there") from None
        else:
            break
    return target


def _fetch(url: str, target: Path, stage: Staging, limits: Limits, deadline: float, report: Report) -> None:
    mark = target.with_suffix(".json")
    known = _read(mark, url)
    have = _size(target) if known is not None else 0
    if known is not None and have == known.total:
        return
    fields = {"Accept-Encoding": "identity", "User-Agent": "pxeserve"}
    if known is not None and have:
        fields |= {"Range": f"bytes={have}-", "If-Range": known.validator}
    sock, response = _asked(url, fields, limits, deadline, stage)
    with response, closing(sock):
        if response.status == 206 and known is not None and _part(response) != (have, known.total):
            raise SourceError(f"{told(url)}: the server gave another part than it was asked for", fix="the same command begins anew")
        if response.status != 206 or known is None:
            have, known = 0, _whole(url, response, limits)
            mark.touch(mode=0o600)
            mark.write_text(json.dumps({"known_by": known_by([url]), "validator": known.validator, "total": known.total}))
        reserve(stage.folder.parent, known.total - max(have, _room(target)))
        with _cut_in_time(sock, stage, deadline):
            _write(url, response, target, have, known.total, deadline, stage, report)


def _asked(
    url: str, fields: Mapping[str, str], limits: Limits, deadline: float, stage: Staging
) -> tuple[socket.socket, http.client.HTTPResponse]:
    """The answer to a GET, over as many hops as may be, and the socket that it comes by. Raises SourceError and _Dropped."""
    for _hop in range(limits.redirects + 1):
        parts = _checked(url)
        connection = _connected(url, parts, limits, deadline)
        sock = connection.sock
        try:
            with _cut_in_time(sock, stage, deadline):  # a head can go on for ever: 100 Continue upon 100 Continue
                connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", headers=dict(fields))
                response = connection.getresponse()
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            raise _Dropped(_words(error)) from None
        if response.status not in _MOVED:
            return sock, response
        where = response.getheader("Location", "")
        response.close()
        sock.close()
        further = urljoin(url, where)
        if not where or (parts.scheme == "https" and urlsplit(further).scheme != "https"):
            raise SourceError(f"{told(url)}: leads on to {told(further)[:200]!r}, where nothing is fetched from")
        url = further
    raise SourceError(f"{told(url)}: more than {limits.redirects} redirects", fix="name the address that they end at")


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SourceError(f"{told(url)[:200]!r}: not an address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise SourceError(f"{told(url)[:200]}: only http:// and https:// addresses are fetched")
    if parts.username is not None or parts.password is not None:
        raise RefusedError("an address with a password in it would be kept in plain text", fix="fetch the file yourself, and import it")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise SourceError(f"{told(url)[:200]!r}: not an address", fix="write blanks and letters beyond ASCII as %20 and the like")
    return parts


def _connected(url: str, parts: SplitResult, limits: Limits, deadline: float) -> http.client.HTTPConnection:
    """A connection to an address that was looked up and checked just now; the name is only said, and proven by the certificate."""
    assert parts.hostname is not None
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or port, timeout=_PATIENCE)
    if secure:
        connection.default_port = 443  # what Host leaves out
    trouble = "no time left"
    for address in resolved(parts.hostname, port, limits.allowed):
        if time.monotonic() > deadline:
            break
        try:
            connection.sock = socket.create_connection((address, port), timeout=_PATIENCE)
            if secure:
                connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=parts.hostname)
        except ssl.SSLCertVerificationError as error:
            connection.close()
            raise SourceError(f"{told(url)}: its certificate is not good: {error.verify_message}") from None
        except OSError as error:
            trouble = f"{address}: {_words(error)}"
            connection.close()
        else:
            return connection
    raise _Dropped(trouble)


def _whole(url: str, response: http.client.HTTPResponse, limits: Limits) -> _Known:
    """What the file is that begins now. Raises SourceError when the server does not give it."""
    if response.status >= 500:
        raise _Dropped(f"the server answered {_status(response)}")
    if response.status != 200:
        raise SourceError(f"{told(url)}: the server answered {_status(response)}")
    if response.getheader("Content-Encoding", "identity").lower() != "identity":
        raise SourceError(f"{told(url)}: the server packs what it sends, though it was asked not to")
    if response.length is None:
        raise SourceError(f"{told(url)}: the server does not say how long the file is, so nobody could tell whether it is whole")
    if response.length > limits.size:
        raise SourceError(f"{told(url)}: {response.length} bytes; more than {limits.size} are never fetched")
    etag = response.getheader("ETag", "")
    return _Known(etag if etag.startswith('"') else response.getheader("Last-Modified", ""), response.length)


def _part(response: http.client.HTTPResponse) -> tuple[int, int] | None:
    """Where a part begins, and the bytes of the whole (RFC 9110 section 14.4)."""
    found = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})", response.getheader("Content-Range", ""), re.ASCII)
    return (int(found[1]), int(found[2])) if found else None


@contextmanager
def _cut_in_time(sock: socket.socket, stage: Staging, deadline: float) -> Iterator[None]:
    """Neither somebody who wishes the import to stop nor the deadline waits for a server that says nothing, or nothing of use."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK):
            if stage.cancelled or time.monotonic() > deadline:
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)  # of TLS too, without its farewell
                return

    watching = threading.Thread(target=watch, name="import")
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


def _write(
    url: str, response: http.client.HTTPResponse, target: Path, have: int, total: int, deadline: float, stage: Staging, report: Report
) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as out:
        if os.fstat(descriptor).st_size != have:
            out.truncate(have)  # and only then: it gives back what was taken beyond the end
        out.seek(have)
        try:
            take_beyond(descriptor, total - have)
        except OSError as error:
            raise _not_stored(url, error) from None
        while have < total:
            stage.go_on()
            if time.monotonic() > deadline:
                raise _Dropped("it took too long")
            try:
                piece = response.read1(min(_PIECE, total - have))  # what is there, so that a hang loses nothing
            except (http.client.HTTPException, OSError, ValueError) as error:
                raise _Dropped(_words(error)) from None
            if not piece:
                raise _Dropped(f"the server ended it, and said that it has {total} bytes")
            try:
                out.write(piece)
            except OSError as error:
                raise _not_stored(url, error) from None
            have += len(piece)
            report(have, total, f"fetching {told(url).partition('?')[0].rpartition('/')[2]}")


def _not_stored(url: str, error: OSError) -> PxeserveError:
    return PxeserveError(f"{told(url)}: could not be stored: {error.strerror}", fix="nothing was imported; see to the disk")


def _read(mark: Path, url: str) -> _Known | None:
    """What was being fetched, when it was this and can be known again."""
    try:
        said = json.loads(mark.read_text())
        known = _Known(str(said["validator"]), int(said["total"]))
        return known if said["known_by"] == known_by([url]) and known.validator else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _size(target: Path) -> int:
    try:
        return target.stat().st_size
    except FileNotFoundError:
        return 0


def _room(target: Path) -> int:
    """Bytes of the disk that it has, as it had them taken for all of it when it was begun."""
    try:
        return target.stat().st_blocks * 512
    except FileNotFoundError:
        return 0


def _status(response: http.client.HTTPResponse) -> str:
    """The status that it has, by its usual name: a server may say the request itself in place of that, with what is secret of it."""
    return f"{response.status} {http.client.responses.get(response.status, '')}".rstrip()


def _words(error: Exception) -> str:
    if type(error) is http.client.BadStatusLine:
        return "what came was no answer of HTTP"  # it may be the request itself
    return getattr(error, "strerror", None) or str(error) or type(error).__name__

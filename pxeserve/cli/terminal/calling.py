"""How a far server is asked: the same verbs, over HTTPS with an API token, and told in the same words as by the admin socket (`wire`).

The token is sent to nobody whose certificate was not checked first: against the authorities of this machine, a file of one, or the
certificate's own fingerprint. Refuses to know what a verb does.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pxeserve.cli.terminal.far import Far, FarGoneError
from pxeserve.errors import PxeserveError

_SILENT = 90.0
"""Seconds without a word after which the server is given up; it says something every quarter of a minute."""

_LONGEST_LINE = 64 << 20
_PIECE = 1 << 20
Connection = http.client.HTTPSConnection


def call(far: Far, verb: str, arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The server's words on `verb`: progress, items and a result. Raises PxeserveError for what it refuses, FarGoneError when it ends
    before it has said all."""
    body = json.dumps({"arguments": dict(arguments)}, default=str).encode()
    with closing(_connected(far)) as connection:
        response = _asked(far, connection, "POST", f"/api/v1/verbs/{quote(verb)}", body, "application/json")
        try:
            for message in _lines(response):
                if "error" in message:
                    raise PxeserveError(**message["error"])
                yield message
                if "result" in message:
                    return
        except (OSError, http.client.HTTPException) as error:
            raise _gone(far, error) from None
    raise FarGoneError(f"{far} ended before it had answered", fix="look into its log")


def send(far: Far, path: Path, report: Callable[[int, int, str], None]) -> str:
    """Send a file, or what of it is not there yet; the name of the upload. Raises PxeserveError."""
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        name = _upload_name(path, found)
        there = _there(far, name)
        if there["state"] == "whole":
            return name
        file.seek(there["bytes"])
        with closing(_connected(far)) as connection:
            _pour(far, connection, name, file, there["bytes"], found.st_size, report)
    return name


def put(far: Far, path: Path, where: str, report: Callable[[int, int, str], None]) -> Any:
    """Send a file to `where`, a path of the server's with its query; what is answered. Raises PxeserveError."""
    with path.open("rb") as file, closing(_connected(far)) as connection:
        total, done = os.fstat(file.fileno()).st_size, 0
        try:
            connection.putrequest("PUT", where)
            for header, value in _headers(far, "application/octet-stream").items():
                connection.putheader(header, value)
            connection.putheader("Content-Length", str(total))
            connection.endheaders()
            while piece := file.read(_PIECE):
                connection.send(piece)
                done += len(piece)
                report(done, total, f"sending {path.name}")
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have said why
        except (OSError, http.client.HTTPException) as error:
            raise _gone(far, error) from None
        return json.loads(_answered(far, connection).read(_LONGEST_LINE))


def _there(far: Far, name: str) -> dict[str, Any]:
    with closing(_connected(far)) as connection:
        try:
            found: dict[str, Any] = json.loads(_asked(far, connection, "GET", f"/api/v1/uploads/{name}").read())
        except PxeserveError as error:
            if error.code != "not-found":
                raise
            return {"state": "none", "bytes": 0}
    return found


def _pour(far: Far, connection: Connection, name: str, file: Any, begin: int, total: int, report: Callable[[int, int, str], None]) -> None:
    try:
        connection.putrequest("PUT", f"/api/v1/uploads/{name}")
        for header, value in _headers(far, "application/octet-stream").items():
            connection.putheader(header, value)
        connection.putheader("Content-Length", str(total - begin))
        if begin:
            connection.putheader("Content-Range", f"bytes {begin}-{total - 1}/{total}")
        connection.endheaders()
        done = begin
        while piece := file.read(_PIECE):
            connection.send(piece)
            done += len(piece)
            report(done, total, f"sending {name}")
    except (BrokenPipeError, ConnectionResetError):
        pass  # it may have said why
    except (OSError, http.client.HTTPException) as error:
        raise _gone(far, error) from None
    _answered(far, connection)


def _asked(far: Far, connection: Connection, method: str, path: str, body: bytes | None = None, kind: str = "") -> http.client.HTTPResponse:
    try:
        connection.request(method, path, body, _headers(far, kind))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it may have said why
    except (OSError, http.client.HTTPException) as error:
        raise _gone(far, error) from None
    return _answered(far, connection)


def _answered(far: Far, connection: http.client.HTTPSConnection) -> http.client.HTTPResponse:
    try:
        response = connection.getresponse()
        if response.status < http.client.BAD_REQUEST:
            return response
        text = response.read(1 << 20)
    except (OSError, http.client.HTTPException) as error:
        raise _gone(far, error) from None
    raise _problem(str(far), response.status, text)


def _headers(far: Far, kind: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {far.token}", **({"Content-Type": kind} if kind else {})}


def _connected(far: Far) -> http.client.HTTPSConnection:
    """A connection to the server that is meant, and to no other. Raises PxeserveError."""
    connection = http.client.HTTPSConnection(far.host, far.port, timeout=_SILENT, context=_context(far))
    try:
        connection.connect()
    except ssl.SSLCertVerificationError as error:
        raise PxeserveError(
            f"{far}: nobody known here vouches for its certificate ({error.verify_message})",
            code="refused",
            fix=f"if the server's log names the same SHA-256, say --fingerprint {_shown(far) or '...'}; or name its authority: --ca FILE",
        ) from None
    except (OSError, http.client.HTTPException) as error:
        raise _gone(far, error) from None
    if far.fingerprint and not hmac.compare_digest(_fingerprint(connection.sock), far.fingerprint):
        shown = _fingerprint(connection.sock)
        connection.close()
        said = f"{far}: its certificate is another one: SHA-256 {shown}"
        raise PxeserveError(said, code="refused", fix="nothing was sent; see on the server whether it was renewed, or who answers there")
    return connection


def _context(far: Far) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(far.ca) if far.ca is not None else None)
    except (OSError, ssl.SSLError) as error:
        raise PxeserveError(f"{far.ca}: no certificates can be read there: {error}") from None
    if far.fingerprint:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is compared before anything is sent
    return context


def _shown(far: Far) -> str:
    """The fingerprint of whoever answers there; "" where nobody does."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((far.host, far.port), 10) as sock, context.wrap_socket(sock, server_hostname=far.host) as secure:
            return _fingerprint(secure)
    except OSError:
        return ""


def _gone(far: Far, error: Exception) -> FarGoneError:
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return FarGoneError(f"{far}: {why}", code="busy", fix="is it running, and is [console] address one that can be reached from here?")


def _fingerprint(sock: Any) -> str:
    return hashlib.sha256(sock.getpeercert(binary_form=True) or b"").hexdigest()


def _lines(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    while line := response.readline(_LONGEST_LINE):
        if not line.endswith(b"\n"):
            return
        if line.strip():
            try:
                message = json.loads(line)
            except (ValueError, RecursionError):
                raise PxeserveError("the server says something that is no JSON", fix="is it a pxeserve of about this release?") from None
            if isinstance(message, dict):
                yield message


def _problem(where: str, status: int, text: bytes) -> PxeserveError:
    try:
        said = json.loads(text)
        return PxeserveError(str(said["detail"]), code=str(said.get("code", "invalid")), fix=str(said.get("fix", "")))
    except (ValueError, KeyError, TypeError, RecursionError):
        return PxeserveError(f"{where} answered {status}", fix="is that the console of a pxeserve?")


def _upload_name(path: Path, found: os.stat_result) -> str:
    """The same for the same file, so that what broke off goes on; another for one that has changed."""
    mark = hashlib.sha256(f"{path.resolve()} {found.st_size} {found.st_mtime_ns}".encode()).hexdigest()[:12]
    plain = re.sub(r"[^A-Za-z0-9._-]", "-", path.name)[-100:].lstrip("._-")
    return f"{mark}-{plain}" if plain else mark

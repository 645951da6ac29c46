"""Looks at what an answerfile's addresses lead to, when asked: whether they can be fetched, and whether a script has its interpreter line.

Asks for little (a few bytes), waits for little (two seconds an address), follows nothing, and says when it does not look at all: NFS, files
of the machine's own. From here things may look otherwise than from the machine's own network. Refuses to know what else a file says.
"""

from __future__ import annotations

import ftplib
import http.client
import ssl
import threading
import time
from collections.abc import Iterator
from itertools import islice
from urllib.parse import SplitResult, unquote, urlsplit

from pxeserve.answerfile.codes import Code
from pxeserve.answerfile.dialects.shape import Dialect
from pxeserve.answerfile.finding import Finding, Severity
from pxeserve.answerfile.lint import Linted
from pxeserve.answerfile.lint.leads import Kind, Lead, leads
from pxeserve.answerfile.silent.case import masked

WAIT = 2.0
"""Seconds, for all that is asked at one address."""
MAX_ADDRESSES = 32
_SLACK = 0.5  # seconds, for an answer that comes at the last moment; what is later, or drips, is not waited for
_BYTES = 40  # of a script; as many as installers look at
_SHOWN = 100  # characters of what a server answers
_SOURCE = "a look from this server"
_MARKS = ("packages.main/XS-REPOSITORY", "XS-REPOSITORY-LIST", "XS-REPOSITORY", ".treeinfo", "repodata/repomd.xml")


class _NotThereError(Exception):
    """Why an address gives nothing."""


def look(linted: Linted, dialect: Dialect) -> list[Finding]:
    """What its addresses lead to, as findings in the order of the file. Never raises for whatever answers."""
    found = list(islice(leads(linted, dialect), MAX_ADDRESSES))
    answers: dict[Lead, list[Finding]] = {}
    threads = [threading.Thread(target=lambda lead=lead: answers.update({lead: list(_looked(lead))}), daemon=True) for lead in found]
    for thread in threads:
        thread.start()
    until = time.monotonic() + WAIT + _SLACK
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return [finding for lead in found for finding in answers.get(lead, [_unreachable(lead, TimeoutError())])]


def _looked(lead: Lead) -> Iterator[Finding]:
    try:
        parts = urlsplit(lead.url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        yield _finding(Code.UNREACHABLE, Severity.WARNING, lead, f"cannot be asked for: {error}", "correct the address")
        return
    if parts.scheme not in ("http", "https", "ftp") or not host:
        said = "is not looked at: only http, https and ftp are"
        yield _finding(Code.NOT_LOOKED, Severity.INFO, lead, said, "look at it from the machine")
        return
    try:
        begin = _begin(lead, parts, host, port)
    except (_NotThereError, OSError, ssl.SSLError, http.client.HTTPException, ftplib.Error, EOFError, ValueError) as error:
        yield _unreachable(lead, error)
        return
    if lead.interpreters and not _begins(begin, lead.interpreters):
        what = "Missing interpreter" if not begin.startswith(b"#!") else "Invalid interpreter"
        said = f"has no first line that this installer takes: {what}, which ends the installation"
        yield _finding(Code.NO_INTERPRETER, Severity.WARNING, lead, said, f"let it begin with #! and one of {', '.join(lead.interpreters)}")


def _begins(begin: bytes, interpreters: tuple[str, ...]) -> bool:
    """Whether the first line names one of them, as installers take it apart: at white space, and only what they know."""
    words = begin.split(b"\n", 1)[0].removeprefix(b"#!").decode("latin-1").split()
    return begin.startswith(b"#!") and (" ".join(words[:1]) in interpreters or " ".join(words[:2]) in interpreters)


def _begin(lead: Lead, parts: SplitResult, host: str, port: int | None) -> bytes:
    """The first bytes there; of packages, of the first of the files that installers look for. Raises what clients raise, _NotThereError."""
    until = time.monotonic() + WAIT
    if lead.kind is Kind.SCRIPT:
        return _fetched(parts, host, port, parts.path or "/", until)
    answer = ""
    for mark in _MARKS:
        try:
            return _fetched(parts, host, port, f"{parts.path.rstrip('/')}/{mark}", until)
        except _NotThereError as error:
            answer = answer or str(error)
    raise _NotThereError(f"none of the files that installers look for ({answer})")


def _fetched(parts: SplitResult, host: str, port: int | None, path: str, until: float) -> bytes:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    if parts.scheme == "ftp":
        return _over_ftp(parts, host, port or ftplib.FTP_PORT, unquote(path), left)
    return _over_http(parts, host, port, path, left)


def _over_http(parts: SplitResult, host: str, port: int | None, path: str, wait: float) -> bytes:
    if parts.scheme == "https":
        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE  # installers check no certificate
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, timeout=wait, context=unchecked)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=wait)
    try:
        connection.request("GET", f"{path}?{parts.query}" if parts.query else path, headers={"Range": f"bytes=0-{_BYTES - 1}"})
        answer = connection.getresponse()
        if answer.status == 401:
            return b"#!/bin/sh\n"  # a password is asked for: something is there, and is not looked at
        if answer.status not in (200, 206):
            raise _NotThereError(f"HTTP status {answer.status}")
        return answer.read(_BYTES)
    finally:
        connection.close()


def _over_ftp(parts: SplitResult, host: str, port: int, path: str, wait: float) -> bytes:
    with ftplib.FTP(timeout=wait) as client:  # noqa: S321  what installers speak
        client.connect(host, port)
        client.login(unquote(parts.username or ""), unquote(parts.password or ""))
        client.voidcmd("TYPE I")
        try:
            data = client.transfercmd(f"RETR {path}")
        except ftplib.error_perm as error:
            raise _NotThereError(str(error)) from None
        with data:
            return data.recv(_BYTES)


def _unreachable(lead: Lead, error: Exception) -> Finding:
    return _finding(Code.UNREACHABLE, Severity.WARNING, lead, f"gives nothing: {_reason(error)}", "see that it is served, and to whom")


def _finding(code: Code, severity: Severity, lead: Lead, said: str, fix: str) -> Finding:
    return Finding(code.text, severity, lead.line, lead.column, f"<{lead.element}>: {masked(lead.url.strip())!r} {said}", fix, _SOURCE)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {WAIT:g} seconds"
    said = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return said.strip()[:_SHOWN] or type(error).__name__

"""The head of a response, and the short responses that are always the same. Pure; refuses to know what is sent after it."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

NOT_FOUND = b"not found\n"
"""The one body of every 404 here: it never says why."""

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def head(status: int, at: float, *, keep: bool, fields: str = "") -> bytes:
    """Status line and headers at epoch second `at`; `keep` says whether the connection stays, `fields` are further lines, each with its
    CRLF. Names no server and no version."""
    return f"{_opening(status, int(at), keep)}{fields}\r\n".encode("ascii")


@lru_cache(maxsize=32)
def _opening(status: int, second: int, keep: bool) -> str:
    return (
        f"HTTP/1.1 {status} {_PHRASES[status]}\r\n"
        f"Date: {formatdate(second, usegmt=True)}\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        f"Connection: {'keep-alive' if keep else 'close'}\r\n"
    )


def short(status: int, at: float, *, keep: bool, body: bool = True, fields: str = "") -> bytes:
    """A whole response that says only its status. Without `body` (HEAD) the length is told all the same."""
    content = NOT_FOUND if status == 404 else f"{_PHRASES[status].lower()}\n".encode()
    told = f"Content-Type: text/plain\r\nContent-Length: {len(content)}\r\n{fields}"
    return head(status, at, keep=keep, fields=told) + (content if body else b"")

"""The head of a response, and the short responses that are always the same. Pure; refuses to know what is sent after it."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

NOT_FOUND = b"not found\n"
"""The one body of every 404 here: it never says why."""

_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def head(status: int, at: float, *, keep: bool, fields: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Status line and headers at epoch second `at`; `keep` says whether the connection stays. Names no server and no version."""
    lines = [
        f"HTTP/1.1 {status} {_PHRASES[status]}",
        f"Date: {_date(int(at))}",
        "X-Content-Type-Options: nosniff",
        f"Connection: {'keep-alive' if keep else 'close'}",
        *(f"{name}: {value}" for name, value in fields),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def short(status: int, at: float, *, keep: bool, body: bool = True, fields: tuple[tuple[str, str], ...] = ()) -> bytes:
    """A whole response that says only its status. Without `body` (HEAD) the length is told all the same."""
    content = NOT_FOUND if status == 404 else f"{_PHRASES[status].lower()}\n".encode()
    told = (("Content-Type", "text/plain"), ("Content-Length", str(len(content))), *fields)
    return head(status, at, keep=keep, fields=told) + (content if body else b"")

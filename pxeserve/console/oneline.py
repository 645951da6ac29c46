"""Answers of one line, given without the application: to who speaks plain HTTP, and to what cannot be read or has no room."""

from __future__ import annotations

import contextlib
import re
import socket

_PLAIN = re.compile(rb"(?:GET|HEAD) (/[\x21-\x7e]*) HTTP/1\.[01]\r\n(?:[^\r\n]*\r\n)*?host: *([a-z0-9.:\[\]-]{1,255})\r\n", re.IGNORECASE)
_LONGEST_PLAIN = 4096


def turn_away(sock: socket.socket, server: tuple[str, int], known: frozenset[str]) -> None:
    """Tell who speaks plain HTTP where to go; nothing else is ever said without TLS."""
    asked = _PLAIN.match(sock.recv(_LONGEST_PLAIN))
    host = asked[2].decode().lower() if asked else ""
    place = f"https://{server[0]}:{server[1]}/"
    if asked is not None and host in known:
        answer(sock, "308 Permanent Redirect", f"this is at {place}", f"Location: https://{host}{asked[1].decode()}\r\n")
    else:
        answer(sock, "400 Bad Request", f"this port speaks HTTPS alone: {place}")


def answer(sock: socket.socket, status: str, said: str, more: str = "") -> None:
    """Say that, and that the connection ends; `more` are further header lines. Who is gone, or not listening, misses it."""
    body = f"{said}\n"
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    with contextlib.suppress(OSError):
        sock.sendall((head + body).encode())

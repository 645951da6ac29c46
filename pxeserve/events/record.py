"""What one event is, and how text from the wire becomes harmless before it is kept.

Refuses to know who writes events down; that is the worker.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

MAX_TEXT = 200
"""Longest text from the wire that is kept, in characters (threat T32)."""
_ENCODER = json.JSONEncoder(separators=(",", ":"), default=str)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `at` is epoch seconds; `kind` a stable word such as `dhcp.ack` or `tftp.transfer`.

    `mac`, `address`, `host`, `install` and `session` say whom it concerns, as far as is known; `text` is a sentence for
    people and `data` the same for programs.
    """

    kind: str
    at: float
    text: str = ""
    host: str | None = None
    mac: str | None = None
    address: str | None = None
    install: str | None = None
    session: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """As one datagram for the worker."""
        fields = {
            "kind": self.kind,
            "at": self.at,
            "text": self.text,
            "host": self.host,
            "mac": self.mac,
            "address": self.address,
            "install": self.install,
            "session": self.session,
            "data": self.data,
        }
        try:
            return to_json({"event": fields}, fallback=str)  # for a third of what `json` takes
        except ValueError:  # half a surrogate pair, which no UTF-8 has
            return _ENCODER.encode({"event": fields}).encode()


def harmless(value: str | bytes, limit: int = MAX_TEXT) -> str:
    """`value` with control and format characters and invalid UTF-8 written as `\\xNN` or `\\uNNNN`, cut at `limit` characters."""
    text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
    if text.isascii() and text.isprintable() and len(text) <= limit:
        return text
    out = []
    for char in text[: limit + 1]:
        code = ord(char)
        if 0xDC80 <= code <= 0xDCFF:
            out.append(f"\\x{code - 0xDC00:02x}")
        elif unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            out.append(f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
        else:
            out.append(char)
    if len(text) > limit:
        return "".join(out[:limit]) + "…"
    return "".join(out)

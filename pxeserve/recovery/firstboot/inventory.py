"""What a host told of itself at its first boot: lines of a word and fields between tabs become a small document. Everything is bounded and
made harmless; what is no such line is left out. Refuses to know who sent it."""

from __future__ import annotations

import re
from typing import Any

from pxeserve.events.record import harmless

MAX_BYTES = 64 << 10
"""Longest inventory in bytes."""

_DISKS, _CARDS, _VERSIONS = 256, 64, 64
_FIELD = 120
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", re.ASCII)
_SECTOR = 512


def read(body: bytes) -> dict[str, Any]:
    """`disks` (name, bytes, model), `cards` (name, mac, driver), `versions` (name to value) and `memory` in bytes, or None."""
    found: dict[str, Any] = {"disks": [], "cards": [], "versions": {}, "memory": None}
    for raw in body[:MAX_BYTES].split(b"\n"):
        match [harmless(one.strip(), _FIELD) for one in raw.split(b"\t")]:
            case ["disk", name, size, *rest] if name and len(found["disks"]) < _DISKS:
                found["disks"].append({"name": name, "bytes": _number(size, _SECTOR), "model": rest[0] if rest else ""})
            case ["card", name, mac, *rest] if name and len(found["cards"]) < _CARDS:
                driver = rest[0] if rest else ""
                found["cards"].append({"name": name, "mac": mac if _MAC.fullmatch(mac) else "", "driver": driver})
            case ["version", name, value] if name and len(found["versions"]) < _VERSIONS:
                found["versions"][name] = value
            case ["memory", amount]:
                found["memory"] = _number(amount, 1024)
    return found


def _number(text: str, unit: int) -> int | None:
    return int(text) * unit if text.isascii() and text.isdigit() and len(text) <= 15 else None

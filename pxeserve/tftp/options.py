"""What a client asks for in its RRQ and what it is granted (RFC 2347, 2348, 2349, 7440; `utimeout` and `rollover` as tftp-hpa has them).

Only what was asked for is acknowledged. What is unknown, or makes no sense, is left out of the OACK without a word, so that the
client falls back to RFC 1350 for it. Refuses to know how a granted value is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pxeserve.tftp.packet import Mode, Options

_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is granted. `blksize` 1468 fills an Ethernet frame, so nothing is ever fragmented on its way."""

    blksize: int = 1468
    windowsize: int = 64
    in_flight: int = 1 << 20
    """Bytes of one window: a single ACK never lets go of more (threat T20)."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """What holds for one transfer. `acknowledged` is the OACK, empty when there is none; `timeout` is what the client gave, in seconds."""

    blksize: int = 512
    windowsize: int = 1
    rollover: int = 0
    timeout: float | None = None
    acknowledged: Options = ()


@lru_cache(maxsize=1024)
def negotiate(asked: Options, mode: Mode, size: int, limits: Limits) -> Agreement:
    """What is granted of `asked` for a file of `size` bytes; remembered, as a rack's machines ask alike. Of an option given twice the
    first counts.

    `tsize` is left out for netascii: the number of bytes that will travel is not known beforehand.
    """
    granted: dict[str, int] = {}
    acknowledged: list[tuple[str, str]] = []
    for name, text in asked:
        option = name.lower()
        if option not in _KNOWN or option in granted or not _NUMBER.fullmatch(text):
            continue
        value = size if option == "tsize" and mode is Mode.OCTET else _KNOWN[option](int(text), limits)
        if value is not None:
            granted[option] = value
            acknowledged.append((name, str(value)))
    blksize = granted.get("blksize", 512)
    windowsize = granted.get("windowsize", 1)
    most = max(1, limits.in_flight // blksize)
    if windowsize > most:
        windowsize = most
        acknowledged = [(name, str(most) if name.lower() == "windowsize" else value) for name, value in acknowledged]
    micros = granted.get("utimeout")
    seconds = micros / 1e6 if micros is not None else granted.get("timeout")
    return Agreement(blksize, windowsize, granted.get("rollover", 0), seconds, tuple(acknowledged))


def _blksize(value: int, limits: Limits) -> int | None:
    """RFC 2348: 8 to 65464; the server may answer with less."""
    return min(value, limits.blksize) if value >= 8 else None


def _windowsize(value: int, limits: Limits) -> int | None:
    """RFC 7440 section 3: 1 to 65535; the server may answer with less."""
    return min(value, limits.windowsize) if 1 <= value <= 65535 else None


def _timeout(value: int, _limits: Limits) -> int | None:
    """RFC 2349: 1 to 255 s; accepted as it is or not at all."""
    return value if 1 <= value <= 255 else None


def _utimeout(value: int, _limits: Limits) -> int | None:
    """Microseconds: 10 ms to 255 s."""
    return value if 10_000 <= value <= 255_000_000 else None


def _rollover(value: int, _limits: Limits) -> int | None:
    """The block number that follows 65535."""
    return value if value in (0, 1) else None


def _no_tsize(_value: int, _limits: Limits) -> None:
    return None


_KNOWN: dict[str, Callable[[int, Limits], int | None]] = {
    "blksize": _blksize,
    "tsize": _no_tsize,
    "timeout": _timeout,
    "utimeout": _utimeout,
    "windowsize": _windowsize,
    "rollover": _rollover,
}

"""How people are shown times of day, spans of time and sizes. Refuses to know of what."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal


def moment(at: float) -> str:
    """Epoch seconds as a date and a time of day, in this machine's time zone."""
    return f"{day(at)} {clock(at, 'seconds')}"


def day(at: float) -> str:
    """Epoch seconds as a date."""
    return _local(at).date().isoformat()


def clock(at: float, to: Literal["minutes", "seconds", "milliseconds"] = "milliseconds") -> str:
    """Epoch seconds as a time of day."""
    return _local(at).time().isoformat(to)


def duration(seconds: float) -> str:
    """Seconds as people say them: `0.4 s`, `12 s`, `4 m 12 s`, `1 h 05 m`."""
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02} m"
    return f"{whole // 86_400} d {whole % 86_400 // 3600:02} h"


def size(count: float) -> str:
    """Bytes as people say them, in powers of a thousand."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC).astimezone()

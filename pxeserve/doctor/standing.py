"""Which findings stand, as the record tells: each was told once when it came and once when it went, so nothing else has to be kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pxeserve.doctor.finding import Finding, Grade
from pxeserve.events.record import Event
from pxeserve.store import Store
from pxeserve.store import events as stored

FOUND, GONE = "doctor.finding", "doctor.gone"
_MOST = 2000
_FORMERLY = {"what": "text", "why": "tell"}
"""How records of earlier releases say the same."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A finding that stands, and since when (epoch seconds)."""

    finding: Finding
    since: float

    def plain(self) -> dict[str, Any]:
        """For programs."""
        return {**self.finding.plain(), "since": self.since}


def standing(store: Store) -> dict[str, Standing]:
    """All that stand, by their keys."""
    with store.events.read() as connection:
        rows = stored.of_doctor(connection, _MOST)
    found: dict[str, Standing] = {}
    for row in rows:
        finding = _read(row.data or {})
        if finding is None:
            continue
        if row.kind == FOUND:
            found[finding.key] = Standing(finding, row.at)
        elif row.kind == GONE:
            found.pop(finding.key, None)
    return found


def event(kind: str, finding: Finding, now: float) -> Event:
    """A finding that came or went, for the record."""
    text = finding.text if kind == FOUND else f"no longer: {finding.text}"
    return Event(kind, now, f"{text} ({finding.where})", data=finding.plain())


def _read(data: Any) -> Finding | None:
    try:
        said = {_FORMERLY.get(key, key): value for key, value in data.items()}
        return Finding(**{**said, "grade": Grade(said["grade"])})
    except (AttributeError, KeyError, TypeError, ValueError):
        return None

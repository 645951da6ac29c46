"""A clock of installs that is set by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class SetClock:
    """Time since start, and which start, set by hand."""

    seconds: float = 1000.0
    start: str = "first start"

    def boottime(self) -> float:
        return self.seconds

    def boot_id(self) -> str:
        return self.start

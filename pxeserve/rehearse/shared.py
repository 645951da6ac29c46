"""What one machine's walk has shown for others that load the very same: bytes that need no second walking, and failures that would only be
waited for again.

Names, who walked them and what was met; nothing of the bytes. Whoever gives one of these to several walks says that the machines are alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pxeserve.rehearse.step import StepFailedError


@dataclass(slots=True)
class Shared:
    """By name. A walk notes only what came whole and right, or what it could not get past."""

    _walked: dict[str, str] = field(default_factory=dict)
    _failed: dict[str, StepFailedError] = field(default_factory=dict)

    def by(self, name: str) -> str | None:
        """The host whose walk has shown `name`; None for what has to be walked. Raises StepFailedError where it could not get past it."""
        if not name:
            return None
        if name in self._failed:
            raise self._failed[name]
        return self._walked.get(name)

    def note(self, name: str, host: str) -> None:
        """`host` had `name` whole and right."""
        if name:
            self._walked.setdefault(name, host)

    def fail(self, name: str, host: str, met: StepFailedError) -> None:
        """`host` could not get past `name`."""
        if name and name not in self._failed:
            why = f"{met.why} (as for {host}, which loads the same)"
            self._failed[name] = StepFailedError(why, met.fix, stage=met.stage, source=met.source)

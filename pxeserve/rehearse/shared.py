"""What one machine's walk has shown for others that load the very same: bytes that need no second walking.

Names and who walked them, nothing of the bytes. Whoever gives one of these to several walks says that the machines are alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Shared:
    """By name. A walk notes only what came whole and right."""

    _walked: dict[str, str] = field(default_factory=dict)

    def by(self, name: str) -> str | None:
        """The host whose walk has shown `name`; None for what has to be walked."""
        return self._walked.get(name) if name else None

    def note(self, name: str, host: str) -> None:
        """`host` had `name` whole and right."""
        if name:
            self._walked.setdefault(name, host)

"""What is told of one installation: its stages, and what holds of it as a whole. Refuses to know how it is found out."""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.timeline.lines import Reason
from pxeserve.timeline.stages import INSTANT, Phase


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `at` is epoch seconds by the wall clock; `began` and `ended` are the same by a clock that nobody sets, `ended` None while
    it lasts. `bytes` were delivered in it; `detail` says what else is known; `ok` is False for what went wrong. `because` are the reasons
    of the decision that was in force when it began."""

    name: Phase
    at: float
    began: float
    ended: float | None
    detail: str = ""
    ok: bool = True
    bytes: int | None = None
    because: tuple[Reason, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it lasts."""
        return None if self.ended is None else max(self.ended - self.began, 0.0)

    @property
    def rate(self) -> float | None:
        """Bytes a second over the whole stage, where that can be said."""
        return self.bytes / self.seconds if self.bytes and self.seconds else None


@dataclass(frozen=True, slots=True)
class Story:
    """One installation of `host`. `state` is the newest that is on record; `boots` counts those before the answerfile was delivered.
    `began` and `ended` are moments of the clock that nobody sets; `ended` is None until it is done, has failed, or came to nothing."""

    host: str
    install: str
    state: str
    at: float
    began: float
    ended: float | None
    boots: int
    stages: tuple[Stage, ...]
    mode: str = ""
    medium: str = ""
    by: str = ""
    rehearsal: bool = False

    def durations(self) -> dict[str, float]:
        """Seconds of each stage that has ended and takes time, by its name."""
        return {
            str(one.name): round(one.seconds, 2)
            for one in self.stages
            if one.seconds is not None and one.name not in INSTANT and one.name is not Phase.ARMED
        }

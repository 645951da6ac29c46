"""One step of a rehearsal and how it ended; and the error with which a step stops the walk."""

from __future__ import annotations

from dataclasses import dataclass

from pxeserve.timeline.steps import Step as Stage


class StepFailedError(Exception):
    """The machine would not get past this step. `why` is what was seen, `fix` what to do about it; `stage` is the timeline's word for what
    would not come, where the step's own name does not say it; `source` is where the fact comes from."""

    def __init__(self, why: str, fix: str = "", *, stage: Stage | None = None, source: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix
        self.stage = stage
        self.source = source


@dataclass(frozen=True, slots=True)
class Did:
    """What a step that went well has done: a sentence, and the bytes that came."""

    text: str
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `boot` is 1 for the installation and 2 for the boot after it; `seconds` is how long it took; `fix` is empty unless it
    failed and something is known to do. `stage` is the timeline's word for it, `source` where the fact of a failure comes from."""

    boot: int
    name: str
    ok: bool
    seconds: float
    bytes: int
    text: str
    fix: str = ""
    stage: str = ""
    source: str = ""

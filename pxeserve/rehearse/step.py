"""One step of a rehearsal and how it ended; and the error with which a step stops the walk."""

from __future__ import annotations

from dataclasses import dataclass


class StepFailedError(Exception):
    """The machine would not get past this step. `why` is what was seen, `fix` what to do about it."""

    def __init__(self, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Did:
    """What a step that went well has done: a sentence, and the bytes that came."""

    text: str
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `boot` is 1 for the installation and 2 for the boot after it; `seconds` is how long it took; `fix` is empty unless it
    failed and something is known to do."""

    boot: int
    name: str
    ok: bool
    seconds: float
    bytes: int
    text: str
    fix: str = ""

"""What would stop a machine, said before it boots: which step of the timeline, why, and what to do.

One form for what was walked into and for what is known without walking, so that both can be put in the order of the story. Refuses to know
how either is found out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from pxeserve.rehearse.step import Step
from pxeserve.timeline.names import RAM_DISK
from pxeserve.timeline.steps import Step as Stage

WALKED_INTO = "walked-into"
"""The code of whatever a walk stopped at: which step it was says more than any word."""

_ORDER = {stage: number for number, stage in enumerate(Stage)}
_NAMED = {
    "address": Stage.ADDRESS,
    "boot loader": Stage.LOADER,
    "menu": Stage.MENU,
    "menu leads to an installer": Stage.MENU,
    "installer's address": Stage.INSTALLER_ASKS,
    "words for the installer": Stage.ANSWERFILE,
    "answerfile": Stage.ANSWERFILE,
    "repositories": Stage.REPOSITORY,
    "hook script": Stage.HOOK,
    "report done": Stage.DONE,
    "own disk": Stage.OWN_DISK,
}


@dataclass(frozen=True, slots=True)
class Prediction:
    """One thing that would stop the machine, in the words of all that finds anything (docs/findings.md). `step` is the timeline's word for
    the first step that would not come; `code` is a stable word for programs, `text` what is so, `source` where the fact comes from, `tell`
    how it shows, "" where the timeline alone would show it. `stops` is False for what may stop it and need not."""

    step: Stage
    code: str
    text: str
    fix: str
    source: str
    stops: bool = True
    tell: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON-able values."""
        ends = "ends" if self.stops else "may end"
        return {**asdict(self), "step": self.step.value, "tell": self.tell or f"its timeline {ends} before this step: {self.step.value}"}

    @classmethod
    def from_plain(cls, values: dict[str, Any]) -> Prediction:
        """The reverse of `plain`."""
        words = {name: str(values[name]) for name in ("code", "text", "fix", "source", "tell")}
        return cls(step=Stage(values["step"]), stops=bool(values["stops"]), **words)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is to be expected: `first` is what would stop the machine, None when nothing known would; `also` is what else is known, in the
    order of the story."""

    first: Prediction | None
    also: tuple[Prediction, ...] = ()


def stage_of(boot: int, name: str) -> Stage:
    """The timeline's word for a step of the walk. Whatever stops the second boot keeps the machine from its own disk."""
    if boot > 1:
        return Stage.OWN_DISK
    if name in _NAMED:
        return _NAMED[name]
    if name.startswith("package"):
        return Stage.PACKAGES
    if name.endswith(".c32"):
        return Stage.LOADER
    return Stage.RAM_DISK if RAM_DISK.search(name) else Stage.KERNEL


def walked_into(step: Step) -> Prediction:
    """What a failed step says."""
    walked = f"{step.name}, boot {step.boot}"
    source = step.source or f"walked: {walked}"
    return Prediction(Stage(step.stage), WALKED_INTO, step.text, step.fix, source, tell=f"a walk stops at: {walked}")


def outlook(known: Iterable[Prediction]) -> Outlook:
    """`known` in the order of the story. What stops the machine for certain comes before what may, at one step and at the head."""
    told: dict[tuple[Stage, str], Prediction] = {}
    for one in known:
        told.setdefault((one.step, one.text), one)
    ordered = sorted(told.values(), key=lambda one: (_ORDER[one.step], not one.stops))
    first = next((one for one in ordered if one.stops), None)
    return Outlook(first, tuple(one for one in ordered if one is not first))

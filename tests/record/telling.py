"""What a host's timeline says, as somebody sees it who looks at it later."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass
from typing import Any

from tests.faults.service import PATIENCE


@dataclass(frozen=True)
class Told:
    """What a host's timeline says: the step that its last boot reached, what is marked as wrong, and why something did not come."""

    step: str
    wrong: tuple[str, ...]
    causes: tuple[str, ...]

    def named(self, cause: str) -> int | None:
        """At which place the cause stands: 0 where it is said of what happened, or comes first of what is likely."""
        if any(re.search(cause, text) for text in self.wrong):
            return 0
        return next((place for place, text in enumerate(self.causes) if re.search(cause, text)), None)


def told(site: Any, name: str, later: float) -> Told:
    """The timeline as somebody sees it who looks `later` seconds from now."""
    found = site.ask("timeline", host=name, at=time.time() + later)
    boots = [boot for boot in found["boots"] if not boot["rehearsal"]]
    lines = [line for boot in boots for line in boot["lines"]] + found["beside"]
    wrong = [line["text"] for line in lines if not line["ok"]]
    missing = [one for one in (boots[-1]["next"] if boots else None, found["unheard"]) if one and one.get("overdue", True)]
    return Told(
        boots[-1]["reached"] if boots else "armed",
        (*wrong, *(one["text"] for one in missing)),
        tuple(" ".join(map(str, cause.values())) for one in missing for cause in one["causes"]),
    )


def comes_to(site: Any, name: str, step: str, cause: str, later: float) -> int:
    """Wait until the timeline says that `step` was reached and what `cause` says; at which place that stands (`Told.named`)."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while True:
        found = told(site, name, later)
        place = found.named(cause)
        if found.step == step and place is not None:
            return place
        assert time.monotonic() < deadline, found
        pause.wait(0.05)

"""Injected faults: a machine with one thing wrong, and what the timeline says of it. Nothing but the machine's own behaviour is seen."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.service import PATIENCE
from tests.record.scene import Scene
from tests.record.stories import STORIES, Story

pytestmark = pytest.mark.netns


@dataclass(frozen=True)
class Told:
    """What a host's timeline says: the step that its last boot reached, all that is marked as wrong, and the causes of what did not come."""

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
        tuple(f"{cause['text']} {cause.get('tell', '')}" for one in missing for cause in one["causes"]),
    )


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_the_timeline_names_host_step_and_cause(site: Any, tmp_path: Path, figure: Any, story: Story) -> None:
    scene = Scene(site, story.name[:60], tmp_path)
    story.spoil(scene)
    status, rehearsal = scene.rehearsed() if story.predicted else (1, "")
    story.play(scene)
    deadline = time.monotonic() + PATIENCE / 4
    while True:
        found = told(site, scene.name, story.later)
        place = found.named(story.cause)
        if (found.step == story.step and place is not None) or time.monotonic() > deadline:
            break
    assert place is not None, found
    assert found.step == story.step, found
    figure(f"cause {'named' if place == 0 else f'at place {place + 1}'}; rehearsal {'predicted it' if story.predicted else 'cannot know'}")
    assert status == 1, rehearsal
    assert re.search(story.predicted, rehearsal), rehearsal

"""Injected faults: a machine with one thing wrong, and what the timeline says of it. Nothing but the machine's own behaviour is seen."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

from pxeserve.store import events as stored
from pxeserve.timeline.reading import read
from tests.record.scene import Scene
from tests.record.stories import STORIES, Story

pytestmark = pytest.mark.netns


def told(site: Any, name: str, later: float) -> tuple[str, list[str]]:
    """The step that the last boot reached, and everything that is said of it that is not as it should be."""
    with site.store.events.read() as connection:
        rows = stored.latest(connection, stored.Wanted(host=name), 5000)
    timeline = read(name, rows, time.time() + later)
    boots = [boot for boot in timeline.boots if not boot.rehearsal]
    wrong = [line.text for boot in boots for line in boot.lines if not line.ok] + [line.text for line in timeline.beside if not line.ok]
    said = [line.text for boot in boots for line in boot.lines]
    last = boots[-1] if boots else None
    if last and last.next and last.next.overdue:
        wrong.append(last.next.text)
    return (str(last.reached) if last else "armed"), wrong + ["-----"] + said


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_the_timeline_names_host_step_and_cause(site: Any, tmp_path: Path, story: Story) -> None:
    scene = Scene(site, story.name[:60], tmp_path)
    story.spoil(scene)
    status, rehearsal = scene.rehearsed() if story.predicted else (0, "")
    story.play(scene)
    step, wrong = told(site, scene.name, story.later)
    print("STEP", step, "\n".join(wrong))
    print("REH", status, rehearsal[-600:])
    assert re.search(story.cause, "\n".join(wrong[: wrong.index("-----")])), "cause"
    assert step == story.step
    if story.predicted:
        assert status != 0
        assert re.search(story.predicted, rehearsal)

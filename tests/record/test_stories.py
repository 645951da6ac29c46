"""Injected faults: a machine with one thing wrong, and what the timeline says of it. Nothing but the machine's own behaviour is seen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.record.scene import Scene
from tests.record.stories import STORIES, Story
from tests.record.telling import comes_to

pytestmark = pytest.mark.netns


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_the_timeline_names_host_step_and_cause(site: Any, tmp_path: Path, figure: Any, story: Story) -> None:
    scene = Scene(site, story.name[:60], tmp_path)
    with scene.meanwhile:
        story.spoil(scene)
        status, rehearsal = scene.rehearsed() if story.predicted else (1, "")
        story.play(scene)
    place = comes_to(site, scene.name, story.step, story.cause, story.later)
    figure(f"cause {'named' if place == 0 else f'at place {place + 1}'}; rehearsal {'predicted it' if story.predicted else 'cannot know'}")
    assert status == 1, rehearsal
    assert re.search(story.predicted, rehearsal), rehearsal

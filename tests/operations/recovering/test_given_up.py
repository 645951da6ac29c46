"""A recovery that somebody gives up while its step is being looked at arms nothing: the last word is the person's."""

from __future__ import annotations

from pxeserve.operations.recovering import running
from pxeserve.store import recoveries
from tests.operations.recovering.conftest import Scene


def test_given_up_just_before_it_is_armed_it_arms_nothing(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    assert scene.turns("arm")["step"] == "arm"
    with scene.site.context.store.site.read() as connection:
        [read] = recoveries.running(connection)
    scene.site.ask("recover.stop", id=scene.id)
    assert not running.advance(scene.site.context, read)
    assert scene.armings() == []
    assert scene.shown()["state"] == "abandoned"

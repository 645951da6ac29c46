"""What arms nothing at the last moment: a recovery that somebody has given up meanwhile, and one that ends at a backup which is damaged."""

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


def test_a_host_that_is_alone_is_not_armed_for_a_backup_that_cannot_be_read(alone: Scene) -> None:
    alone.dies("xen01")
    alone.begins()
    [file] = (alone.site.data / "backups").glob("*.enc")
    held = bytearray(file.read_bytes())
    held[-20] ^= 1
    file.chmod(0o600)
    file.write_bytes(held)
    found = alone.turns("boot")
    assert (found["state"], found["step"]) == ("stopped", "arm"), found
    assert "nothing is armed" in found["because"] and "damaged" in found["because"] and found["fix"]
    assert alone.armings() == []

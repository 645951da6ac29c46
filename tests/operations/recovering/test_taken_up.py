"""What resuming does at a step that waits for others: a join that failed is asked for again, once."""

from __future__ import annotations

import time

from pxeserve.domain.install import InstallState
from pxeserve.store import inventory, joins
from pxeserve.store import tables as t
from tests.operations.recovering.conftest import Scene


def test_resuming_at_a_join_that_failed_asks_for_it_again(scene: Scene) -> None:
    scene.dies("xen02")
    scene.begins()
    scene.turns("boot")
    scene.install(InstallState.DONE, ended_at=time.time())
    scene.turns("first-boot")
    install = scene.shown()["install"]
    with scene.site.context.store.site.write() as connection:
        host = inventory.host(connection, "xen02")
        assert host is not None
        connection.execute(t.pool_join.insert().values(
            id="j1", host_id=host.id, install_id=install, pool_id=1, state=joins.FAILED, step="look", because="the clocks are apart",
            fix="set them", asked_at=1.0, changed_at=2.0, version=1,
        ))  # fmt: skip
    stopped = scene.turns("nowhere")
    assert (stopped["state"], stopped["step"]) == ("stopped", "joined")
    assert stopped["fix"] == f"set them; then pxeserve recovery resume {scene.id}"
    scene.site.ask("recover.resume", id=scene.id)
    with scene.site.context.store.site.read() as connection:
        join = joins.of_install(connection, install)
    assert join is not None and (join.state, join.because) == (joins.ASKED, "")
    assert scene.shown()["state"] == "running"

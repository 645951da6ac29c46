"""The whole way: a recovery arms a host, its first boot speaks over the real listener, the real thread joins it, and the recovery ends.

The machine alone is played: what its installer and its first boot would say is said here, from its own address.
"""

from __future__ import annotations

import time

import pytest

from pxeserve.domain.install import InstallState
from pxeserve.recovery.joining import Joining
from pxeserve.store import first_boots, pools
from tests.operations.recovering.conftest import ADDRESSES, VERSION, Scene
from tests.operations.recovering.machine import frozen, listener


@pytest.mark.parametrize("dead", ["xen02", pytest.param("xen01", marks=pytest.mark.long)])
def test_from_a_dead_host_to_one_that_its_pool_has_again(scene: Scene, dead: str) -> None:
    scene.dies(dead)
    scene.begins()
    assert scene.turns("boot")["step"] == "boot"
    token, kept = frozen(scene)
    scene.install(InstallState.DONE, ended_at=time.time())
    assert scene.turns("first-boot")["step"] == "first-boot"
    scene.machines.install(dead, ADDRESSES[dead], version=VERSION, password=kept.password)
    shown = scene.machines.host(dead)["fingerprint"]
    joining = Joining(scene.site.context.config, seconds=5.0, pause=0.05)
    joining.start()
    try:
        with listener(scene, token) as say:
            assert say("POST", "step/toolstack/done", b"")[0] == 204
            assert say("POST", "certificate", shown.encode())[0] == 204
            assert say("POST", "step/join/begun", b"")[0] == 204
            end = time.monotonic() + 60
            while (word := say("GET", "join", b"")) != (200, "joined"):
                assert word in ((200, "asked"), (200, "joining")), word
                assert time.monotonic() < end, word
            assert say("POST", "step/join/done", b"")[0] == 204
            assert say("POST", "done", b"")[0] == 204
            assert say("GET", "join", b"")[0] == 404, "its token is worth nothing any more"
    finally:
        joining.finish()
    done = scene.turns("nowhere")
    assert done["state"] == "done", done
    assert (scene.machines.names().count("pool.join"), len(scene.armings())) == (1, 1)
    with scene.site.context.store.site.read() as connection:
        row, pool = first_boots.of_install(connection, done["install"]), pools.pool(connection, "green")
    assert row is not None and pool is not None
    assert (row.state, row.sealed) == ("done", None)
    member = pool.pool.member(dead)
    assert member is not None and member.fingerprint == shown
    assert pool.pool.master == ("xen02" if dead == "xen01" else "xen01")
    told = str(scene.site.ask("host.show", name=dead)) + str(done)
    assert kept.password not in told and token not in told

"""The whole way: a recovery arms a host, its first boot speaks over the real listener, the real thread joins it, and the recovery ends.

The machine alone is played: what its installer and its first boot would say is said here, from its own address.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pxeserve.domain.install import InstallState
from pxeserve.events.recorder import Recorder
from pxeserve.installs import first_boot, seal
from pxeserve.installs.first_boot import Kept
from pxeserve.keys import load_keys
from pxeserve.provision.app import Acts
from pxeserve.provision.loop import Loop
from pxeserve.provision.machines import build
from pxeserve.recovery.firstboot.taking import FirstBoots
from pxeserve.recovery.joining import Joining
from pxeserve.store import first_boots, installs, pools
from tests.operations.recovering.conftest import ADDRESSES, VERSION, Scene

Say = Callable[[str, str, bytes], tuple[int, str]]


@contextmanager
def listener(scene: Scene, token: str) -> Iterator[Say]:
    """The listener that machines talk to; what it gives says METHOD, PATH and BODY from the address of the dead host."""
    store, data = scene.site.context.store, scene.site.data
    acts = Acts(lambda *_: None, lambda *_: None, lambda *_: False, first_boots=FirstBoots(store, load_keys(data)))
    door = socket.create_server(("127.0.0.1", 0))
    door.setblocking(False)
    port = door.getsockname()[1]
    recorder = Recorder(data / "run" / "nobody", "provision")
    machines = build(data, store, recorder, acts, frozenset({"127.0.0.1", f"127.0.0.1:{port}"}))
    loop = Loop([door], machines, time.monotonic, machines.files.close, 20)
    machines.give_back = loop.give_back
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            loop.step(0.05)

    def say(method: str, path: str, body: bytes = b"") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(ADDRESSES[scene.dead], 0))
        try:
            connection.request(method, f"/fb/{token}/{path}", body if method == "POST" else None)
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield say
    finally:
        ended.set()
        thread.join()
        loop.close()
        machines.close()
        recorder.close()


def frozen(scene: Scene) -> tuple[str, Kept]:
    """The token that the host was given, and what is kept for its first boot."""
    keys = load_keys(scene.site.data)
    with scene.site.context.store.site.read() as connection:
        install = installs.by_id(connection, scene.shown()["install"])
        assert install is not None and install.sealed is not None
        row = first_boots.of_install(connection, install.id)
    assert row is not None
    return first_boot.token(seal.unseal(install.sealed, install.id, keys.seal).key), first_boot.opened(row, keys)


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
            end = time.monotonic() + 30
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

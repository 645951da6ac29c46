"""The machine that comes back and the person who watches, as a recovery sees them: what an installer reports is written down, what a first
boot says goes over the real listener, and what waits for a person is done and confirmed. Refuses to know who carries the recovery out.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from pxeserve.domain.install import InstallState
from pxeserve.events.recorder import Recorder
from pxeserve.installs import first_boot, seal
from pxeserve.installs.first_boot import Kept
from pxeserve.keys import load_keys
from pxeserve.provision.app import Acts
from pxeserve.provision.loop import Loop
from pxeserve.provision.machines import build
from pxeserve.recovery.firstboot.taking import FirstBoots
from pxeserve.store import first_boots, installs
from tests.operations.recovering.conftest import ADDRESSES, VERSION, Scene

Say = Callable[[str, str, bytes], tuple[int, str]]


class Machine:
    """Both. `acts` does what is due at the step where the recovery is, once; ends with the context. `restores` brings the database of a
    host that was alone back."""

    def __init__(self, scene: Scene, restores: Callable[[], None] = lambda: None) -> None:
        self._scene, self._restores = scene, restores
        self._did: set[str] = set()
        self._room = ExitStack()
        self._say: Say | None = None
        self.fingerprint = ""

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_said: object) -> None:
        self._room.close()

    def acts(self) -> str:
        """What is due now; the state of the recovery."""
        found = self._scene.shown()
        step, state = str(found["step"]), str(found["state"])
        if state == "waiting":
            if step == "restore" and self._first(step):
                self._restores()
            self._scene.site.ask("recover.confirm", id=self._scene.id, step=step)
        elif step == "boot" and self._first(step):
            self._scene.install(InstallState.BOOTING)
        elif step == "installed" and self._first(step):
            self._scene.install(InstallState.DONE, ended_at=time.time())
        elif step == "first-boot" and self._first(step):
            self._boots(alone=found["role"] == "sole")
        elif step == "joined" and "joined" not in self._did and self.says("GET", "join") == "joined":
            self._did.add("joined")
            self.says("POST", "done")
        return state

    def says(self, method: str, path: str, body: bytes = b"") -> str:
        """What its first-boot script would say, and what it is told."""
        assert self._say is not None
        status, answer = self._say(method, path, body)
        assert status in (200, 204), (path, status, answer)
        return answer

    def _first(self, step: str) -> bool:
        fresh = step not in self._did
        self._did.add(step)
        return fresh

    def _boots(self, *, alone: bool) -> None:
        dead = self._scene.dead
        token, kept = frozen(self._scene)
        self._scene.machines.install(dead, ADDRESSES[dead], version=VERSION, password=kept.password)
        self.fingerprint = self._scene.machines.host(dead)["fingerprint"]
        self._say = self._room.enter_context(listener(self._scene, token))
        self.says("POST", "step/toolstack/done")
        self.says("POST", "certificate", self.fingerprint.encode())
        if not alone:
            self.says("POST", "step/join/begun")
            assert self.says("GET", "join") in ("asked", "joining", "joined")
            return
        self._scene.machines.change(dead, password="secret")  # as its last step does, with the hash that it is told
        self.says("POST", "step/root-password/done")
        self.says("POST", "done")


@contextmanager
def listener(scene: Scene, token: str) -> Iterator[Say]:
    """The listener that machines talk to; what it gives says METHOD, PATH and BODY from the address of the dead host."""
    with listening(scene, token) as (say, _):
        yield say


@contextmanager
def listening(scene: Scene, token: str) -> Iterator[tuple[Say, int]]:
    """The same, with the port."""
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
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(ADDRESSES[scene.dead], 0))
        try:
            connection.request(method, f"/fb/{token}/{path}", body if method == "POST" else None)
            answer = connection.getresponse()
            return answer.status, answer.read().decode().strip()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield say, port
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

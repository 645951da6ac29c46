"""The listener that machines talk to, put together: one loop for connections and media bytes, a few threads for what is computed.

It holds the sockets and obeys the parent; how a head is read, a file sent and an answerfile held back lies in the files beside it.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from dataclasses import dataclass
from functools import partial

from pxeserve.events.recorder import SOCKET_NAME, TOGETHER, Recorder
from pxeserve.handout.source import Source
from pxeserve.installs import delivery, doubt, logs
from pxeserve.keys import load_keys
from pxeserve.provision.app import Acts
from pxeserve.provision.booting import Boots
from pxeserve.provision.journal import Journal
from pxeserve.provision.loop import IN_ALL, TICK, Loop
from pxeserve.provision.machines import build
from pxeserve.recovery.firstboot.taking import FirstBoots
from pxeserve.serving import Order, Serving
from pxeserve.store import Store, open_store

_DESCRIPTORS = 4096
_OURS = 64
_LEAST = 8


def serve(serving: Serving) -> None:
    """Answer machines until told to stop. Returns when running responses have ended, 10 s after the order at most."""
    data = serving.config.server.data
    store = open_store(data)
    keys = load_keys(data)
    recorder = Recorder(data / "run" / SOCKET_NAME, "provision", by_turns=True)
    acts = Acts(
        deliver=partial(delivery.deliver, store, keys),
        script=partial(delivery.script, store, keys),
        progress=partial(delivery.progress, store, keys),
        serial=partial(doubt.machine_says, store),
        log=partial(logs.keep, store, keys),
        first_boots=FirstBoots(store, keys),
    )
    descriptors = _descriptors()
    machines = build(data, store, recorder, acts, _own(serving), _boots(serving, store, recorder))
    doors = [sock for role, sock in serving.sockets.items() if role.partition(":")[0] == "http"]
    loop = Loop(doors, machines, time.monotonic, machines.files.close, _most(descriptors))
    machines.give_back = loop.give_back
    try:
        run(loop, machines.journal, serving)
    finally:
        loop.close()
        machines.close()
        recorder.close()
        store.close()


def _boots(serving: Serving, store: Store, recorder: Recorder) -> Boots:
    """An answerer for each network, by the address that machines there connect to."""
    sources = [(str(one.network.ip), Source(serving.config, store, recorder, one.address)) for one in serving.listeners]
    return Boots(dict(sources), sources[0][1])


def _own(serving: Serving) -> frozenset[str]:
    addresses = {str(listener.address) for listener in serving.listeners}
    return frozenset(addresses | {f"{address}:{serving.config.http.port}" for address in addresses})


def run(loop: Loop, journal: Journal, serving: Serving) -> None:
    """Turn the loop until the parent says stop or is gone."""
    orders = _Orders(serving.orders, loop)
    loop.watch(serving.orders.fileno(), orders.read)
    serving.ready()
    serving.beat()
    ticked = time.monotonic()
    while not loop.finished and not orders.parent_gone:
        loop.step(TOGETHER if journal.waiting else TICK)
        journal.hand_over()
        now = time.monotonic()
        if now - ticked >= TICK:
            ticked = now
            serving.beat()
            journal.flush()


@dataclass(slots=True)
class _Orders:
    socket: socket.socket
    loop: Loop
    parent_gone: bool = False

    def read(self) -> None:
        """Obey what the parent has sent; a reload changes nothing here, as all is asked of the store."""
        with contextlib.suppress(BlockingIOError):
            said = self.socket.recv(16)
            if not said:
                self.parent_gone = True
            elif Order.STOP.value.encode() in said:
                self.loop.stop()


def _descriptors() -> int:
    """How many descriptors we may have, raised to what a thousand connections need where the system's administrator allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft == resource.RLIM_INFINITY or soft > wanted:
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def _most(descriptors: int) -> int:
    """Connections for which descriptors suffice: each may need a file too, and the store has its own."""
    return min(IN_ALL, max((descriptors - _OURS) // 2, _LEAST))

"""The FTP process: pyftpdlib's loop on the sockets that the parent bound, and its orders. Read-only, anonymous, IPv4.

pyftpdlib stands on the standard library's asyncore, which Python 3.12 no longer has (there it brings its own): one more reason for a
process of its own.
"""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Mapping
from typing import Any

from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from pxeserve.events.clients import Clients
from pxeserve.events.recorder import SOCKET_NAME, TOGETHER, Recorder
from pxeserve.publish.ftp.house import House
from pxeserve.publish.ftp.session import Session
from pxeserve.publish.ftp.tree import Tree
from pxeserve.repo.packages import Packages
from pxeserve.repo.visible import Visible
from pxeserve.serving import Order, Serving
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import open_store

PER_ADDRESS = 64
IN_ALL = 1024
"""Connections at once, control and data together."""

GRACE = 10.0
"""Seconds that running transfers are given when the service stops."""

_TURN = 1.0
_BACK_OFF = 0.1
_DESCRIPTORS = 4096
_OURS = 64


class Door(FTPServer):  # type: ignore[misc]
    """A listening socket. `told` is the address that machines are told, by the interface's own."""

    max_cons_per_ip = PER_ADDRESS

    def __init__(self, sock: Any, loop: Any, house: House, passive_ports: range, told: Mapping[str, str], most: int) -> None:
        super().__init__(sock, Session, ioloop=loop)
        self.house = house
        self.passive_ports = passive_ports
        self.told = told
        self.max_cons = most

    def handle_error(self) -> None:
        """No connection could be accepted: the system is out of something. The library would close the door for good."""
        self.house.count("not-accepted")
        self.del_channel()
        self.ioloop.call_later(_BACK_OFF, self._again)

    def _again(self) -> None:
        if not self._closed:
            self.add_channel()


def serve(serving: Serving) -> None:
    """Give media away until told to stop; what is being sent then has 10 s to come to its end."""
    config = serving.config
    _be_silent()
    store = open_store(config.server.data)
    recorder = Recorder(config.server.data / "run" / SOCKET_NAME, "ftp", by_turns=True)
    tree = Tree(Visible(store).current, store, config.server.data)
    house = House(tree, recorder, Clients(store, SnapshotSource(store).current), Packages(store), time.time)
    told = {str(one.network.ip): str(one.address) for one in serving.listeners}
    most = _most()
    loop = IOLoop()
    doors = [
        Door(sock, loop, house, config.ftp.port_range, told, most)
        for role, sock in serving.sockets.items() if role.partition(":")[0] == "ftp"
    ]  # fmt: skip
    try:
        _run(loop, doors, recorder, serving)
    finally:
        loop.close()
        recorder.close()
        store.close()


def _run(loop: Any, doors: list[Door], recorder: Recorder, serving: Serving) -> None:
    serving.orders.setblocking(False)
    serving.ready()
    stop_at: float | None = None
    due, beat_at = _TURN, time.monotonic()
    while stop_at is None or (_transfers(loop) and time.monotonic() < stop_at):
        due = loop.loop(min(due, TOGETHER if recorder.waiting else _TURN), blocking=False) or _TURN
        recorder.hand_over()
        now = time.monotonic()
        if now - beat_at >= _TURN:
            beat_at = now
            serving.beat()
            recorder.flush()
        said = _said(serving)
        if said is None:
            return
        if Order.STOP.value.encode() in said and stop_at is None:
            stop_at = now + GRACE
            for door in doors:
                door.close()


def _said(serving: Serving) -> bytes | None:
    """What the parent has ordered since the last time; None when it is gone."""
    try:
        return serving.orders.recv(16) or None
    except BlockingIOError:
        return b""


def _transfers(loop: Any) -> bool:
    return any(isinstance(one, Session) and one.transferring for one in loop.socket_map.values())


def _most() -> int:
    """Connections for which descriptors suffice: a transfer needs one for its file too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(IN_ALL, max((wanted - _OURS) // 2, 8))


def _be_silent() -> None:
    """The library would write a line for each session and more."""
    logger = logging.getLogger("pyftpdlib")
    logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.CRITICAL)
    logger.propagate = False

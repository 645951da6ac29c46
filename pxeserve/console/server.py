"""The console's process, put together: the admin socket, the door of the metrics, and the web listener, in one loop.

It holds the sockets and obeys the parent; what is asked and answered lies in the files beside it.
"""

from __future__ import annotations

import resource
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from selectors import EVENT_READ, DefaultSelector

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pxeserve import reached
from pxeserve.accounts import first_run
from pxeserve.accounts.reception import Reception
from pxeserve.config import Config
from pxeserve.console import admin, metrics, web
from pxeserve.console.connection import Door
from pxeserve.console.jobs import bench
from pxeserve.console.listener import CONNECTIONS, Listener
from pxeserve.console.live import Hub
from pxeserve.console.tls import Tls
from pxeserve.errors import PxeserveError
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.operations import registry
from pxeserve.operations.people.entrance import entrance
from pxeserve.operations.refusals import Refusals, refusals
from pxeserve.repo.imports import sweep
from pxeserve.serving import Order, Serving
from pxeserve.store import Store, open_store

_BEAT = 1.0
_TIDIED = 5.0
_DESCRIPTORS = 2 * CONNECTIONS
log = structlog.get_logger("console")


def preload(config: Config) -> None:
    """Load every verb and, where there are any, every page, while the files can still be read: the service's user may not be able to."""
    registry.verbs()
    if config.console.enabled:
        web.preload()


def serve(serving: Serving) -> None:
    """Answer people and programs until told to stop. Pages under way have some seconds to end; what was asked over the admin socket is cut
    off then."""
    config = serving.config
    store = open_store(config.server.data)
    recorder = Recorder(config.server.data / "run" / SOCKET_NAME, "console")
    removed = sweep(store, config.server.data)
    if removed:
        log.info("left-over media folders removed", folders=removed)
    desk = admin.Desk(config, store, recorder)
    if "metrics" in serving.sockets:
        metrics.serve(serving.sockets["metrics"], store, config)
    doors = tuple(sock for role, sock in serving.sockets.items() if role.partition(":")[0] == "console")
    if doors:
        _with_web(serving, desk, doors, store, recorder)
    else:
        _without_web(serving, desk, recorder)
    recorder.close()


def _with_web(serving: Serving, desk: admin.Desk, doors: tuple[socket.socket, ...], store: Store, recorder: Recorder) -> None:
    config = serving.config
    _more_descriptors()
    tls = Tls(config)
    keeper = entrance(store, config.server.data)
    hub = Hub(store, keeper)
    application = web.make_app(config, store, recorder, keeper, hub, tls.imported)
    door = Door(doors, application, lambda: tls.context, reached.authorities(config), config.server.data / "run")
    listener = Listener(door, _Turn((serving.beat, recorder.flush, tls.look)))
    threading.Thread(target=_tidy, args=(keeper.reception, refusals(store)), name="tidy", daemon=True).start()
    listener.watch(serving.sockets["admin"], desk.accept)

    def obey(orders: socket.socket) -> None:
        if orders.recv(16) in (b"", Order.STOP.value.encode()):
            hub.close()
            listener.stop()

    listener.watch(serving.orders, obey)
    bench(store).take_up(config, recorder)
    log.info("console", address=reached.base(config), sha256=tls.certificate.fingerprint)
    if not keeper.reception.is_set_up():
        code = str(config.server.data / "state" / first_run.FILE)
        log.warning("nobody can log in yet: open the console and enter the code in this file, or run: pxeserve init", file=code)
    serving.ready()
    listener.serve()


def _without_web(serving: Serving, desk: admin.Desk, recorder: Recorder) -> None:
    """The admin socket alone."""
    door, turn = serving.sockets["admin"], _Turn((serving.beat, recorder.flush))
    with DefaultSelector() as selector:
        selector.register(door, EVENT_READ)
        selector.register(serving.orders, EVENT_READ)
        serving.ready()
        while True:
            readable = [key.fileobj for key, _ in selector.select(_BEAT)]
            turn()
            if serving.orders in readable and serving.orders.recv(16) in (b"", Order.STOP.value.encode()):
                return
            if door in readable:
                desk.accept(door)


def _tidy(reception: Reception, refused: Refusals) -> None:
    """What time does to accounts, for as long as the process lives: not in the loop, as it may wait for the store."""
    while True:
        try:
            reception.tidy()
            refused.tell_what_is_due()
        except (PxeserveError, SQLAlchemyError) as error:
            log.warning(f"accounts could not be looked after: {error}")
        time.sleep(_TIDIED)


@dataclass(slots=True)
class _Turn:
    """What is done now and then, though it is called with every turn of the loop."""

    acts: tuple[Callable[[], None], ...]
    _done: float = field(default=0.0)

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._done < _BEAT / 2:
            return
        self._done = now
        for act in self.acts:
            act()


def _more_descriptors() -> None:
    """As many as all connections and the store need, where the system's administrator allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

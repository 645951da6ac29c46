"""The parent: binds the ports, starts the children, watches over them, and ends them. Holds no code that answers a request."""

from __future__ import annotations

import gc
import importlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from pxeserve import reached
from pxeserve.config import Config
from pxeserve.errors import PxeserveError
from pxeserve.logs import configure
from pxeserve.serving import Listener, Order
from pxeserve.supervisor import children, folder, lock, unheard
from pxeserve.supervisor.children import MODULES, Child
from pxeserve.supervisor.interfaces import listeners, settled
from pxeserve.supervisor.notify import Notifier
from pxeserve.supervisor.ports import PortTakenError
from pxeserve.supervisor.privileges import rouse, user_ids
from pxeserve.supervisor.sockets import bind_all

STOPPED, FAILED, RUNNING_ALREADY, PORT_TAKEN = 0, 1, 3, 4
"""Exit statuses of `serve`."""

_TICK = 1.0
_SHARED = ("sqlalchemy", "sqlalchemy.dialects.sqlite.pysqlite", "sqlalchemy.ext.compiler", "cryptography.hazmat.primitives.ciphers.aead")
_ASKED_BY = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
log = structlog.get_logger("pxeserve")


def serve(load: Callable[[], Config], modules: Mapping[str, str] = MODULES) -> int:
    """Run the whole service in the foreground until SIGTERM or SIGINT. `load` reads the configuration, now and at every SIGHUP.

    Returns the exit status; what stopped it has been said on standard error.
    """
    notifier = Notifier()
    signal.pthread_sigmask(signal.SIG_BLOCK, _ASKED_BY)  # until there is a loop to hear them
    try:
        config = load()
        configure(config.log.format, config.log.level)
        rouse()
        ids = user_ids(config.server.user)
        networks = listeners(config)
        folder.own_folder(config.server.data, ids)
        held = lock.take(config.server.data, ids)
        _fill(config.server.data, ids)
        sockets = bind_all(config, networks, ids)
    except lock.AlreadyRunningError as error:
        return _said(error, RUNNING_ALREADY)
    except PortTakenError as error:
        return _said(error, PORT_TAKEN)
    except PxeserveError as error:
        return _said(error, FAILED)
    unheard.say(config, sockets)
    _load_what_all_need()
    family = [Child(name, module) for name, module in modules.items() if _wanted(name, config)]
    parent = _Parent(load, config, networks, sockets, ids, family, notifier)
    try:
        return parent.run()
    finally:
        os.close(held)


def _wanted(name: str, config: Config) -> bool:
    """Whether there is work for the child `name`."""
    return {"dhcp": config.dhcp.mode != "off", "ftp": config.ftp.enabled, "nfs": config.nfs.keeps_ganesha}.get(name, True)


def _load_what_all_need() -> None:
    """Libraries that every child uses, loaded once: the children are forks, and their memory is shared until somebody writes on it.
    Nothing that answers a request is among them."""
    for name in _SHARED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()


def _said(error: PxeserveError, status: int) -> int:
    sys.stderr.write(f"error: {error}\n")
    return status


def _fill(data: Path, ids: tuple[int, int] | None) -> None:
    """Make the data folder's content in a process of its own, as the service's user."""
    command = [sys.executable, "-P", "-m", "pxeserve.supervisor.filling", str(data), *(str(number) for number in ids or ())]
    done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode < 0:
        raise PxeserveError(f"{data}: cannot be made ready: {signal.Signals(-done.returncode).name} ended whoever was at it")
    if done.returncode:
        raise PxeserveError(done.stderr.decode(errors="replace").strip() or f"{data}: cannot be made ready")


@dataclass(slots=True)
class _Signals:
    stop: bool = False
    reload: bool = False


class _Parent:
    """The loop. One poll over heartbeats and a wake-up descriptor for signals; everything else follows from the clock."""

    def __init__(
        self,
        load: Callable[[], Config],
        config: Config,
        networks: tuple[Listener, ...],
        sockets: Mapping[str, socket.socket],
        ids: tuple[int, int] | None,
        children: list[Child],
        notifier: Notifier,
    ) -> None:
        self._load = load
        self._bound = config
        """As it was read when the ports were bound."""
        self._config = settled(config, networks)
        self._networks = networks
        self._sockets = sockets
        self._ids = ids
        self._children = children
        self._notifier = notifier
        self._signals = _Signals()
        self._announced = False
        self._status = STOPPED

    def run(self) -> int:
        """Until told to stop, or until a child cannot start at all."""
        wake, waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGHUP, self._on_reload)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes the poll
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ASKED_BY)
        last_watchdog = 0.0
        while not self._signals.stop:
            now = time.monotonic()
            self._start_due(now)
            self._wait(wake)
            now = time.monotonic()
            self._look_after(now)
            if self._signals.reload:
                self._reload()
            if self._notifier.watchdog and self._announced and now - last_watchdog >= self._notifier.watchdog and self._all_ready():
                self._notifier.tell("WATCHDOG=1")
                last_watchdog = now
        self._stop()
        return self._status

    def _on_stop(self, *_: object) -> None:
        self._signals.stop = True

    def _on_reload(self, *_: object) -> None:
        self._signals.reload = True

    def _start_due(self, now: float) -> None:
        for child in self._children:
            if child.due is not None and now >= child.due:
                child.start(self._config, self._networks, self._sockets, self._ids, now)

    def _wait(self, wake: int) -> None:
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        for child in self._children:
            if child.beats >= 0:
                poll.register(child.beats, select.POLLIN)
        timeout = min([_TICK, *(max(child.due - time.monotonic(), 0.0) for child in self._children if child.due is not None)])
        for descriptor, event in poll.poll(timeout * 1000):
            if descriptor == wake and event & select.POLLIN:
                os.read(wake, 4096)

    def _look_after(self, now: float) -> None:
        for child in self._children:
            if child.process is None:
                continue
            if child.hear(now):
                log.info(f"{child.name} ready", pid=child.process.pid)
            if child.is_stuck(now):
                log.error(f"{child.name} is stuck: no sign of life; killed", pid=child.process.pid)
                child.kill()
            elif child.is_overdue(now):
                log.error(f"{child.name} did not stop in time; killed", pid=child.process.pid)
                child.kill()
            was_ready, pid = child.ready, child.process.pid
            status = child.buried(now)
            if status is None:
                continue
            if not self._announced and not was_ready and status == 1:
                self._status = FAILED
                self._signals.stop = True
            elif child.asked is not None and status == 0:
                log.info(f"{child.name} ended as asked; started again", pid=pid)
            else:
                log.error(f"{child.name} ended with {status}; started again", pid=pid)
        if not self._announced and self._all_ready():
            self._announce()

    def _all_ready(self) -> bool:
        return all(child.ready for child in self._children)

    def _announce(self) -> None:
        self._announced = True
        config, where = self._config, str(self._networks[0].address)
        dhcp = f"{config.dhcp.mode} on {self._networks[0].interface} port {config.dhcp.port}" if config.dhcp.mode != "off" else "off"
        console = reached.base(config) if config.console.enabled else "off"
        log.info("ready", dhcp=dhcp, tftp=f"{where}:{config.tftp.port}", http=f"http://{where}:{config.http.port}/", console=console)
        self._notifier.tell("READY=1\nSTATUS=serving")

    def _reload(self) -> None:
        """Read the configuration again; children begin anew with it, on the same sockets. A broken one changes nothing."""
        self._signals.reload = False
        self._notifier.tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            read = self._load()
        except PxeserveError as error:
            log.error(f"configuration not taken over, the old one stays: {error}")
        else:
            fresh = _as_bound(read, self._bound)
            if fresh != read:
                log.warning("ports, interfaces, user, data folder and DHCP mode change only with a restart of the service")
            self._config = settled(fresh, self._networks)
            configure(fresh.log.format, fresh.log.level)
            for child in self._children:
                child.order(Order.STOP, time.monotonic())
            log.info("configuration read again")
        self._notifier.tell("READY=1")

    def _stop(self) -> None:
        self._notifier.tell("STOPPING=1")
        log.info("stopping")
        for child in self._children:
            child.order(Order.STOP, time.monotonic())
        deadline = time.monotonic() + (children.GRACE if self._announced else 1.0)
        for child in self._children:
            if child.process is None:
                continue
            child.process.join(max(deadline - time.monotonic(), 0.0))
            if child.process.exitcode is None:
                log.error(f"{child.name} did not stop in time; killed", pid=child.process.pid)
                child.kill()
                child.process.join()


def _as_bound(read: Config, bound: Config) -> Config:
    """`read`, with all that is settled when the ports are bound as it is in `bound`. Subnets go with their mode."""
    dhcp = read.dhcp.model_copy(update={"port": bound.dhcp.port}) if read.dhcp.mode == bound.dhcp.mode else bound.dhcp
    return read.model_copy(
        update={
            "server": bound.server,
            "dhcp": dhcp,
            "tftp": read.tftp.model_copy(update={"port": bound.tftp.port}),
            "http": read.http.model_copy(update={"port": bound.http.port}),
            "ftp": read.ftp.model_copy(update={"enabled": bound.ftp.enabled, "port": bound.ftp.port}),
            "nfs": bound.nfs,
            "metrics": bound.metrics,
            "console": read.console.model_copy(update={key: getattr(bound.console, key) for key in ("enabled", "port", "address")}),
        }
    )

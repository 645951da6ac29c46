"""One child process as the parent sees it: started on sockets that stay, watched by its heartbeat, restarted with back-off."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from pxeserve.config import Config
from pxeserve.serving import Listener, Order
from pxeserve.supervisor import privileges
from pxeserve.supervisor.child import READY, begin
from pxeserve.supervisor.forked import Forked
from pxeserve.supervisor.spec import Spec

MODULES = {
    "worker": "pxeserve.events.server",
    "dhcp": "pxeserve.dhcp.server",
    "tftp": "pxeserve.tftp.server",
    "provision": "pxeserve.provision.server",
    "console": "pxeserve.console.server",
    "ftp": "pxeserve.publish.ftp.server",
    "nfs": "pxeserve.publish.nfs.server",
}
"""The children and the module that each serves with, in the order of their start."""

_ROLES = {
    "worker": ("events", "doctor-raw"),
    "dhcp": ("dhcp", "dhcp-raw", "dhcp-local", "pxe"),
    "tftp": ("tftp",),
    "provision": ("http",),
    "console": ("admin", "metrics", "console"),
    "ftp": ("ftp",),
}

_KEEPS = {"nfs": (privileges.CAP_DAC_READ_SEARCH,)}
"""Capabilities that a child hands on to a program it starts: Ganesha opens files by their handles."""

SILENCE = 20.0
"""Seconds without a heartbeat after which a child is taken for stuck and killed."""

START = 60.0
"""Seconds in which a child has to become ready."""

GRACE = 15.0
"""Seconds that a child has to finish what it is doing before it is killed."""

_FIRST_WAIT, _LONGEST_WAIT, _HEALTHY = 0.1, 10.0, 60.0
log = structlog.get_logger("pxeserve")


@dataclass(slots=True)
class Child:
    """A child and how it fares. Times are seconds of the monotonic clock."""

    name: str
    module: str
    process: Forked | None = None
    orders: socket.socket | None = None
    beats: int = -1
    ready: bool = False
    asked: float | None = None
    """When the process that runs, or that ran last, was asked to stop."""
    started: float = 0.0
    last_beat: float = 0.0
    wait: float = _FIRST_WAIT
    due: float | None = 0.0

    def start(
        self, config: Config, listeners: tuple[Listener, ...], sockets: Mapping[str, socket.socket], ids: tuple[int, int] | None, now: float
    ) -> None:
        """Start the process on its sockets. Where that cannot be done now, it is due again later."""
        mine = {role: sock for role, sock in sockets.items() if role.split(":", 1)[0] in _ROLES.get(self.name, ())}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        read, write = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(read, False)
        numbers = {role: sock.fileno() for role, sock in mine.items()}
        spec = Spec(self.name, self.module, os.getpid(), config, listeners, numbers, theirs.fileno(), write, ids, _KEEPS.get(self.name, ()))
        others = _open() - {0, 1, 2, *numbers.values(), theirs.fileno(), write}
        try:
            self.process = Forked(lambda: begin(spec, others))
        except OSError as error:
            log.error(f"{self.name} cannot be started now: {error.strerror}; tried again")
            os.close(read)
            ours.close()
            self._put_off(now)
            return
        finally:
            os.close(write)
            theirs.close()
        self.orders, self.beats = ours, read
        self.ready, self.asked, self.started, self.last_beat, self.due = False, None, now, now, None

    def hear(self, now: float) -> bool:
        """Read its signs of life; True when it became ready just now."""
        try:
            signs = os.read(self.beats, 4096)
        except BlockingIOError:
            return False
        if not signs:
            return False
        self.last_beat = now
        if READY in signs and not self.ready:
            self.ready = True
            return True
        return False

    def is_stuck(self, now: float) -> bool:
        """Whether it has been silent for too long."""
        return self.process is not None and now - self.last_beat > (SILENCE if self.ready else START)

    def is_overdue(self, now: float) -> bool:
        """Whether it was asked to stop and has had its time to."""
        return self.process is not None and self.asked is not None and now - self.asked > GRACE

    def order(self, order: Order, now: float) -> None:
        """Ask it for something; a child that is gone is asked for nothing."""
        if order is Order.STOP and self.asked is None:
            self.asked = now
        if self.orders is not None:
            try:
                self.orders.send(order.value.encode())
            except OSError:
                return

    def kill(self) -> None:
        """End it now, with whatever it started."""
        if self.process is not None:
            self.process.kill()

    def buried(self, now: float) -> int | None:
        """Its exit status if it has ended, after which it is due again: at once if it ended as asked, else when its wait is over. None
        while it lives."""
        if self.process is None or (status := self.process.exitcode) is None:
            return None
        self.process.kill()
        if self.orders is not None:
            self.orders.close()
        os.close(self.beats)
        if now - self.started > _HEALTHY:
            self.wait = _FIRST_WAIT
        if self.asked is not None and status == 0:
            self.due = now
        else:
            self._put_off(now)
        self.process, self.orders, self.beats, self.ready = None, None, -1, False
        return status

    def _put_off(self, now: float) -> None:
        self.due, self.wait = now + self.wait, min(self.wait * 2, _LONGEST_WAIT)


def _open() -> set[int]:
    """The descriptors of this process."""
    return {int(entry.name) for entry in Path("/proc/self/fd").iterdir()}

"""Where a child begins: import everything, give root up, then serve.

In this order because the service's user may not be able to read the checkout or the virtual environment, and because nothing that a
request can reach should ever run with root's rights. It is a fork of the parent, so that what both have loaded lies in memory once;
whatever else the parent had open is closed first. It must never go back into the parent's code: that is why it ends here.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import pkgutil
import signal
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import structlog

from pxeserve.config import Config
from pxeserve.errors import PxeserveError
from pxeserve.logs import configure
from pxeserve.serving import Serving
from pxeserve.supervisor import privileges, spec

ALIVE, READY = b".", b"R"

_LAZY = (
    "encodings.idna",
    "encodings.latin_1",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "sqlalchemy.ext.compiler",
    "jinja2.ext",
    "werkzeug.debug.tbtools",
    "rich.traceback",
)
"""Modules that libraries import only when they are needed, which may be too late to read them."""


def begin(told: spec.Spec, others: Iterable[int]) -> int:
    """Serve until told to stop; the exit status: 0 when stopped as asked, 1 when it could not start and has said why in a line of the
    log. `others` are the parent's descriptors, which are not this process's business."""
    gc.freeze()  # nothing of the parent's is collected here: its sockets would close numbers that are ours by then
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGTERM):  # a Ctrl-C in a terminal is for the parent; it tells us
        signal.signal(number, signal.SIG_IGN)
    privileges.die_with(told.parent)
    os.setsid()
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    Path("/proc/self/comm").write_text(f"pxe-{told.name}")  # as ps and top show it
    for descriptor in others:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    return _serve(told)


def _serve(told: spec.Spec) -> int:
    config = told.config
    configure(config.log.format, config.log.level, told.name)
    try:
        module = _import_all(told.module, config)
        privileges.become(told.ids, told.keeps)
        privileges.die_with(told.parent)
        _collect_seldom()
        module.serve(_serving(told, config))
    except PxeserveError as error:
        structlog.get_logger().error(f"{told.name} cannot serve: {error}")
        return 1
    return 0


def _import_all(name: str, config: Config) -> ModuleType:
    """The module and all that it may come to need: its own package's modules, and what it asks for with a function `preload`."""
    module = importlib.import_module(name)
    for lazy in _LAZY:
        if lazy.partition(".")[0] not in sys.modules:
            continue  # of a library that this process does not use
        try:
            importlib.import_module(lazy)
        except ImportError:
            continue  # a library that this release of it no longer has
    package = sys.modules[name.rpartition(".")[0]]
    for found in pkgutil.iter_modules(getattr(package, "__path__", ())):
        importlib.import_module(f"{package.__name__}.{found.name}")
    getattr(module, "preload", lambda _config: None)(config)
    return module


def _collect_seldom() -> None:
    """Leave what was imported out of the garbage collector's rounds, and let it go round seldom.

    Its rounds look at all that is alive, and a table of leases is: with Python's own thresholds they took a quarter of the time of a
    DHCP exchange. Next to nothing here lies in circles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _serving(told: spec.Spec, config: Config) -> Serving:
    def beat(sign: bytes = ALIVE) -> None:
        try:
            os.write(told.beats, sign)
        except (BlockingIOError, BrokenPipeError):
            return  # the parent has plenty of signs to read, or is gone, which the socket of its orders tells

    os.set_blocking(told.beats, False)
    return Serving(
        config=config,
        listeners=told.listeners,
        sockets=spec.adopt(told),
        orders=socket.socket(fileno=told.orders),
        ready=lambda: beat(READY),
        beat=beat,
    )


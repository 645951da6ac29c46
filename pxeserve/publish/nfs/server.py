"""The NFS process: keeps NFS-Ganesha, a program of others, running with a configuration of ours. It serves no request itself.

It is ready as soon as it has looked: a machine without Ganesha serves everything else, and the log and `pxeserve status` say what is
missing.
"""

from __future__ import annotations

import os
import select
import time
from ipaddress import IPv4Address
from pathlib import Path

from pxeserve.publish.nfs.ganesha import Settings
from pxeserve.publish.nfs.keeper import Keeper
from pxeserve.repo.visible import Visible
from pxeserve.serving import Order, Serving
from pxeserve.store import open_store

_TURN = 0.25
"""Seconds between two looks at the media."""


def serve(serving: Serving) -> None:
    """Keep NFS going until told to stop."""
    store = open_store(serving.config.server.data)
    keeper = Keeper(_settings(serving), serving.config.server.data, Visible(store).current)
    serving.orders.setblocking(False)
    try:
        keeper.turn(time.monotonic())
        serving.ready()
        while not _told_to_stop(serving):
            keeper.turn(time.monotonic())
            serving.beat()
            watched = [serving.orders.fileno(), *([keeper.log] if keeper.log is not None else [])]
            select.select(watched, [], [], _TURN)
    finally:
        keeper.stop()
        store.close()


def _told_to_stop(serving: Serving) -> bool:
    try:
        return serving.orders.recv(16) in (b"", Order.STOP.value.encode())
    except BlockingIOError:
        return False


def _settings(serving: Serving) -> Settings:
    nfs = serving.config.nfs
    addresses = [one.address for one in serving.listeners]
    bind = addresses[0] if len(addresses) == 1 else IPv4Address(0)  # it binds one address, or all
    recovery = serving.config.server.data / "run" / "nfs" / "recovery"
    return Settings(bind, nfs.port, nfs.mount_port, nfs.versions, os.geteuid(), os.getegid(), recovery, Path())

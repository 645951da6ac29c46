"""A network namespace for a rehearsal: a card of its own with the rehearsal's MAC, plugged into a real bridge like everybody's, or,
where the served interface is none, wired to this machine alone.

The namespace belongs to this process alone and has no name, so that it is gone with it, however it ends. Only for root.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from pxeserve.errors import PxeserveError

INTERFACE = "rehearse0"
"""The card's name inside."""

Take = Callable[[IPv4Address], None]
"""Gives the card an address, as a machine does after its ACK."""

_CLONE_NEWNET = 0x40000000
_OWN = Path("/proc/thread-self/ns/net")
_INTERFACES = Path("/sys/class/net")


def is_bridge(interface: str) -> bool:
    """Whether `interface` of this machine is a bridge, which another port can be put into."""
    return (_INTERFACES / interface / "bridge").is_dir()


@contextmanager
def on_bridge(bridge: str, mac: str, network: IPv4Network) -> Iterator[Take]:
    """Live in a namespace of one's own, with a card that has `mac` and is plugged into `bridge`; gives what takes an address of `network`
    for it. Raises PxeserveError."""
    with _moved(mac) as (outside, port):
        _outside(outside, "link", "set", port, "address", _high())
        _outside(outside, "link", "set", port, "master", bridge, "up")

        def take(address: IPv4Address) -> None:
            _ip("address", "replace", f"{address}/{network.prefixlen}", "dev", INTERFACE)

        yield take


@contextmanager
def beside(server: IPv4Address, mac: str) -> Iterator[Take]:
    """The same with a card that is wired to this machine alone, and reaches `server`, one of its addresses. This machine's routes send the
    taken address there for as long as the card lives."""
    with _moved(mac) as (outside, port):
        _outside(outside, "link", "set", port, "up")
        _ip("route", "add", str(server), "dev", INTERFACE)

        def take(address: IPv4Address) -> None:
            _ip("address", "replace", f"{address}/32", "dev", INTERFACE)
            _ip("route", "replace", str(server), "dev", INTERFACE, "src", str(address))
            _outside(outside, "route", "replace", str(address), "dev", port, "src", str(server))

        yield take


@contextmanager
def _moved(mac: str) -> Iterator[tuple[int, str]]:
    """A namespace with a card; the descriptor of the one that was left, and the name of the card's other end there.

    Only the calling thread moves, with all sockets it opens and all programs it starts from then on.
    """
    outside = os.open(_OWN, os.O_RDONLY)
    port = f"rh{threading.get_native_id()}"
    try:
        _libc("unshare", _CLONE_NEWNET)
        try:
            _outside(outside, "link", "add", port, "type", "veth", "peer", "name", INTERFACE, "netns", str(threading.get_native_id()))
            _ip("link", "set", INTERFACE, "address", mac, "up")
            _ip("link", "set", "lo", "up")
            yield outside, port
        finally:
            _libc("setns", outside, _CLONE_NEWNET)
            subprocess.run(["ip", "link", "del", port], check=False, capture_output=True)
    finally:
        os.close(outside)


def _high() -> str:
    """An address for a port of a bridge, higher than any card's. A bridge takes the lowest one of its ports for its own, and everybody who
    knew it by another would lose it for seconds (Linux, br_stp_recalculate_bridge_id; libvirt gives its ports the same beginning)."""
    return bytes((0xFE, *secrets.token_bytes(5))).hex(":")


def _outside(descriptor: int, *words: str) -> None:
    _run(["nsenter", f"--net=/proc/self/fd/{descriptor}", "ip", *words], descriptor)


def _ip(*words: str) -> None:
    _run(["ip", *words])


def _run(command: list[str], *descriptors: int) -> None:
    try:
        done = subprocess.run(command, pass_fds=descriptors, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise PxeserveError(f"{error.filename} is not installed", fix="apt install iproute2 util-linux") from None
    if done.returncode:
        raise PxeserveError(f"the rehearsal's own card cannot be made: {' '.join(command)}: {done.stderr.strip()}")


def _libc(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        error = ctypes.get_errno()
        raise PxeserveError(f"the rehearsal's own network namespace: {name}: {os.strerror(error)}", fix="run it as root")

"""The first configuration of a machine: what is worth saying of it, out of what the machine shows and, where it was asked, its network.

Writes one file, whole, and never over one that is there. Refuses to know accounts, and how any of it is shown.
"""

from __future__ import annotations

import errno
import os
import pwd
import shlex
import socket
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface
from itertools import pairwise
from pathlib import Path
from typing import Any

from pxeserve.config.example import render
from pxeserve.config.model import Config, ServerConfig
from pxeserve.doctor.network import Interface, interfaces
from pxeserve.doctor.probe import Heard, invented_mac, open_packets, probe
from pxeserve.errors import PxeserveError
from pxeserve.supervisor.interfaces import default_interface

HEAD = """\
# pxeserve.toml, written for this machine by `pxeserve init`: what is not commented out was seen here or asked for.
# All else is a default, shown behind its `#`. Any key can be set from the environment: PXESERVE_SECTION__KEY. Lengths of time: 90s, 60m.
"""
_QUESTIONS, _SECONDS = 3, 4.0
_ROUTES = Path("/proc/thread-self/net/route")
_SMALLEST = 16
"""Addresses of the smallest network of which some are lent without being asked."""
_MOST_LENT = 1000
_TRIED = 100
"""Ports that are tried behind one that is held."""

Ask = Callable[[str], Sequence[Heard]]
"""Who answers DHCP on the network of an interface."""


@dataclass(frozen=True, slots=True)
class Founded:
    """What was written, nested as the file is; why, a sentence each; and what is to be done next, a command each."""

    path: Path
    said: Mapping[str, Any]
    because: tuple[str, ...]
    following: tuple[str, ...]


def found(path: Path, interface: str | None, data: Path | None, ask: Ask | None) -> Founded:
    """Write the configuration of this machine to `path`; `ask` asks its network who answers DHCP there, None asks nobody.

    Raises PxeserveError: there is a file, it cannot be written, or it is not clear which network is meant.
    """
    if os.path.lexists(path):
        raise _there(path)
    known = interfaces()
    chosen = _chosen(interface, known)
    own = chosen.addresses[0]
    dhcp, mode = _mode(chosen.name, own, None if ask is None else ask(chosen.name))
    ports, moved = _ports()
    others = [f"{one.name} ({one.addresses[0]})" for one in known if one.addresses and not one.loopback and one.name != chosen.name]
    said: dict[str, Any] = {"server": {"interface": chosen.name}, "dhcp": dhcp, **ports}
    if data is not None:
        said["server"]["data"] = data.absolute()
    because = [f"{chosen.name} is served: machines come back to {own.ip}", mode, *moved]
    if others:
        because.append(f"not served, and for [[server.listen]] if they are to be: {', '.join(others)}")
    text = render(said, HEAD)
    Config.model_validate(tomllib.loads(text))
    _write(path, text)
    return Founded(path, said, tuple(because), tuple(_following(path)))


def ask_network(interface: str) -> Sequence[Heard]:
    """Who answers DHCP on this wire, as the doctor asks: three DISCOVERs of an invented machine, and no address is taken. Raises
    PxeserveError."""
    try:
        with open_packets() as raw:
            return probe(raw, interface, invented_mac(), _QUESTIONS, _SECONDS)
    except PermissionError:
        fix = "run the command with sudo, or without --ask-network"
        raise PxeserveError(f"only root may ask on {interface} who answers DHCP", fix=fix) from None
    except OSError as error:
        fix = f"ip link set {interface} up, look at its cable, or leave --ask-network out"
        raise PxeserveError(f"{interface} cannot be asked who answers DHCP: {error.strerror}", fix=fix) from None


def _chosen(name: str | None, known: Sequence[Interface]) -> Interface:
    """The interface that is meant: the one that is named, else that of the default route, else the only one with an address."""
    able = {one.name: one for one in known if one.addresses and not one.loopback}
    if name is None:
        with suppress(PxeserveError):
            name = default_interface()
    if name is None and len(able) == 1:
        (name,) = able
    if name is None:
        first = "give one an address: ip address add 10.77.0.1/24 dev eth0"
        fix = f"name it: --interface, one of {', '.join(able)}" if able else first
        raise PxeserveError("no interface has a default route, so it is not clear which network to serve", fix=fix)
    if name in able:
        return able[name]
    if any(one.name == name and one.loopback for one in known):
        raise PxeserveError(f"{name} is loopback, and no other machine can reach it", fix=f"--interface is one of: {', '.join(able)}")
    if any(one.name == name for one in known):
        fix = f"ip address add 10.77.0.1/24 dev {name}, and in the system's configuration for good"
        raise PxeserveError(f"{name} has no IPv4 address", fix=fix)
    fix = f"--interface is one of: {', '.join(one.name for one in known if not one.loopback)}"
    raise PxeserveError(f"there is no interface {name} on this machine", fix=fix)


def _mode(interface: str, own: IPv4Interface, heard: Sequence[Heard] | None) -> tuple[dict[str, Any], str]:
    """`[dhcp]`, and why."""
    if heard is None:
        return {"mode": "proxy"}, "mode proxy, which suits most networks: nobody was asked who lends addresses (--ask-network does)"
    booting = _named(one for one in heard if one.pxe or one.boot_file)
    if booting:
        why = f"mode off: {booting} answers network boots on {interface} already, and two would take turns"
        return {"mode": "off"}, f"{why}; have it lead machines here (pxeserve dhcp snippet), or take its boot file away and say proxy"
    lending = _named(one for one in heard if one.lends)
    if lending:
        return {"mode": "proxy"}, f"mode proxy: {lending} lends addresses on {interface}"
    router = _router(interface, own)
    lent = lendable(own, {own.ip, router} if router else {own.ip})
    if lent is None:
        why = f"mode proxy: nobody lends addresses on {interface}, and {own.network} is too small to guess which may be lent"
        return {"mode": "proxy"}, why
    subnet: dict[str, Any] = {"network": own.network, "range": lent}
    if router is not None:
        subnet["router"] = router
    why = f"mode server: nobody lends addresses on {interface}; see that nobody has {lent[0]} to {lent[1]}, which will be lent"
    return {"mode": "server", "subnet": [subnet]}, why


def _named(some: Iterable[Heard]) -> str:
    return " and ".join(sorted({str(one.address) for one in some}))


def _router(interface: str, own: IPv4Interface) -> IPv4Address | None:
    """The default route's, where it is on this network."""
    rows = (line.split() for line in _ROUTES.read_text(encoding="ascii").splitlines()[1:])
    ways = (row[2] for row in rows if len(row) > 7 and row[0] == interface and row[1] == row[7] == "00000000")
    found = [IPv4Address(int.from_bytes(bytes.fromhex(one), "little")) for one in ways]
    return next((one for one in found if one in own.network and one != own.ip), None)


def lendable(own: IPv4Interface, kept: set[IPv4Address]) -> tuple[IPv4Address, IPv4Address] | None:
    """Which addresses of a network are lent: .100 to .199 of a /24 and the like of others, the longest run of them without those `kept`."""
    network = own.network
    if network.num_addresses < _SMALLEST:
        return None
    first = int(network.network_address) + network.num_addresses * 25 // 64
    last = first + min(network.num_addresses * 25 // 64, _MOST_LENT) - 1
    edges = [first - 1, *sorted(int(one) for one in kept if first <= int(one) <= last), last + 1]
    begin, end = max(pairwise(edges), key=lambda run: run[1] - run[0])
    return IPv4Address(begin + 1), IPv4Address(end - 1)


def _ports() -> tuple[dict[str, dict[str, int]], list[str]]:
    """Other ports for what may be anywhere, where another program holds the usual one; and what has to be told of ports."""
    defaults, said, told = Config(), {}, []
    for section, port in (("http", defaults.http.port), ("console", defaults.console.port)):
        if not _held(socket.SOCK_STREAM, port):
            continue
        begin = port if port > 1024 else port + 8000
        free = next((one for one in range(begin, begin + _TRIED) if not _held(socket.SOCK_STREAM, one)), None)
        if free is not None:
            said[section] = {"port": free}
            told.append(f"[{section}] port {free}: another program holds TCP {port}")
    for port in (defaults.dhcp.port, defaults.tftp.port):
        if _held(socket.SOCK_DGRAM, port):
            told.append(f"another program holds UDP {port}, and machines ask there and nowhere else: pxeserve doctor --only ports names it")
    return said, told


def _held(kind: int, port: int) -> bool:
    """Whether somebody has the port; not when that cannot be told."""
    with socket.socket(socket.AF_INET, kind) as tried:
        if kind == socket.SOCK_STREAM:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what a connection has left behind holds nothing
        try:
            tried.bind(("", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def _following(path: Path) -> Iterable[str]:
    said = shlex.quote(str(path))
    user = ServerConfig().user
    try:
        pwd.getpwnam(user)
    except KeyError:
        yield f"useradd --system --no-create-home --shell /usr/sbin/nologin {user}"
    yield f"pxeserve loaders import --config {said}"
    yield f"pxeserve doctor --config {said}"
    yield f"pxeserve serve --config {said}"


def _there(path: Path) -> PxeserveError:
    return PxeserveError(f"{path} is there, and is never written over", fix="name another file with --config, or move that one away")


def _write(path: Path, text: str) -> None:
    """All of it or nothing: a name is given to what is whole, and is refused where there is one."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
        try:
            with draft.open("x", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        if os.path.lexists(path):
            raise _there(path) from None
        raise PxeserveError(f"{path} cannot be written: {error.strerror}", fix="name a file that you may write with --config") from None

"""This machine's interfaces as the kernel tells them, and which of them are served. Knows no protocol of ours."""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

from pxeserve.config import Config

_SIOCGIFMTU, _SIOCGIFFLAGS = 0x8921, 0x8913
_UP, _RUNNING, _LOOPBACK = 0x1, 0x40, 0x8
_IP_MTU = 14


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface: its IPv4 addresses with their masks, the size of its packets in bytes, and whether a cable is in it."""

    name: str
    addresses: tuple[IPv4Interface, ...] = ()
    mtu: int = 1500
    up: bool = True
    loopback: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """One network that is served. `interface` is None when it is not there; `address` is what machines are told, None when unknown."""

    name: str
    interface: Interface | None
    address: IPv4Address | None

    @property
    def own(self) -> IPv4Interface | None:
        """The interface's first address."""
        return self.interface.addresses[0] if self.interface and self.interface.addresses else None


class _Sockaddr(ctypes.Structure):
    _fields_ = (("family", ctypes.c_ushort), ("port", ctypes.c_ushort), ("address", ctypes.c_ubyte * 4))


class _Ifaddrs(ctypes.Structure):
    pass


_Ifaddrs._fields_ = (
    ("next", ctypes.POINTER(_Ifaddrs)),
    ("name", ctypes.c_char_p),
    ("flags", ctypes.c_uint),
    ("address", ctypes.POINTER(_Sockaddr)),
    ("netmask", ctypes.POINTER(_Sockaddr)),
    ("other", ctypes.POINTER(_Sockaddr)),
    ("data", ctypes.c_void_p),
)


def interfaces() -> tuple[Interface, ...]:
    """All interfaces of this network namespace, by getifaddrs(3). Raises OSError."""
    found: dict[str, Interface] = {}
    libc = ctypes.CDLL(None, use_errno=True)
    first = ctypes.POINTER(_Ifaddrs)()
    if libc.getifaddrs(ctypes.byref(first)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    try:
        at = first
        while at:
            one = at.contents
            name = one.name.decode(errors="replace").partition(":")[0]
            known = found.setdefault(name, _described(name))
            if one.address and one.address.contents.family == socket.AF_INET and one.netmask:
                address, mask = (IPv4Address(bytes(part.contents.address)) for part in (one.address, one.netmask))
                found[name] = replace(known, addresses=(*known.addresses, IPv4Interface(f"{address}/{mask}")))
            at = one.next
    finally:
        libc.freeifaddrs(first)
    return tuple(found.values())


def _described(name: str) -> Interface:
    request = struct.pack("256s", name.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            flags = struct.unpack_from("H", fcntl.ioctl(probe, _SIOCGIFFLAGS, request), 16)[0]
            mtu = struct.unpack_from("i", fcntl.ioctl(probe, _SIOCGIFMTU, request), 16)[0]
        except OSError:
            return Interface(name)
    return Interface(name, (), mtu, flags & _UP != 0 and flags & _RUNNING != 0, flags & _LOOPBACK != 0)


def served(config: Config, known: tuple[Interface, ...]) -> tuple[Network, ...]:
    """The networks that `config` serves, as far as they are there; empty when no interface is named and none has a default route."""
    server = config.server
    first = server.interface or _default()
    wanted = [(first, server.address)] if first else []
    wanted += [(more.interface, more.address) for more in server.listen]
    by_name = {one.name: one for one in known}
    return tuple(_network(name, address, by_name.get(name)) for name, address in wanted)


def _network(name: str, address: IPv4Address | None, interface: Interface | None) -> Network:
    own = interface.addresses[0].ip if interface and interface.addresses else None
    return Network(name, interface, address or own)


def _default() -> str | None:
    """The interface of the default route."""
    try:
        lines = Path("/proc/thread-self/net/route").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return None
    rows = (line.split() for line in lines)
    return next((row[0] for row in rows if len(row) > 7 and row[1] == row[7] == "00000000"), None)


@dataclass(frozen=True, slots=True)
class Way:
    """How this machine would reach an address: from which of its own, and how large a packet the way takes, as far as is known yet.
    `source` is None when there is no way, and `why` says what the kernel answered."""

    source: IPv4Address | None
    mtu: int | None = None
    why: str = ""


def way_to(address: IPv4Address) -> Way:
    """Ask the kernel's routes; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((str(address), 67))
            source = IPv4Address(probe.getsockname()[0])
        except OSError as error:
            return Way(None, None, os.strerror(error.errno or 0))
        try:
            return Way(source, probe.getsockopt(socket.IPPROTO_IP, _IP_MTU))
        except OSError:
            return Way(source)


def local_networks(known: tuple[Interface, ...]) -> tuple[IPv4Network, ...]:
    """The networks that this machine is a member of."""
    return tuple(address.network for one in known for address in one.addresses)

"""Which networks are served: interface names, and the addresses that machines there come back to."""

from __future__ import annotations

import fcntl
import socket
import struct
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

from pxeserve.config import Config
from pxeserve.errors import PxeserveError
from pxeserve.serving import Listener

_SIOCGIFADDR, _SIOCGIFNETMASK = 0x8915, 0x891B
_ROUTES = Path("/proc/net/route")
_INTERFACES = Path("/sys/class/net")


def listeners(config: Config) -> tuple[Listener, ...]:
    """Every network that `config` serves. Raises PxeserveError when an interface is missing or has no IPv4 address."""
    server = config.server
    first = server.interface or default_interface()
    return (_listener(first, server.address), *(_listener(more.interface, more.address) for more in server.listen))


def settled(config: Config, networks: tuple[Listener, ...] = ()) -> Config:
    """The configuration with interface and address as they were found (now, or in `networks`), so that everybody means the same ones."""
    first = (networks or listeners(config))[0]
    server = config.server.model_copy(update={"interface": first.interface, "address": first.address})
    return config.model_copy(update={"server": server})


def default_interface() -> str:
    """The interface of the default route."""
    for line in _ROUTES.read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if len(fields) > 7 and fields[1] == "00000000" and fields[7] == "00000000":
            return fields[0]
    fix = 'name it: [server] interface = "eth0"'
    raise PxeserveError("no interface has a default route, so it is not clear which network to serve", fix=fix)


def _listener(name: str, address: IPv4Address | None) -> Listener:
    if not (_INTERFACES / name).exists():
        known = ", ".join(sorted(path.name for path in _INTERFACES.iterdir()))
        raise PxeserveError(f"there is no interface {name} on this machine", fix=f"[server] interface is one of: {known}")
    own = _own(name)
    if own is None and address is None:
        raise PxeserveError(f"{name} has no IPv4 address", fix="give it one, or set [server] address")
    network = own if own is not None else IPv4Interface(f"{address}/32")
    return Listener(name, address or network.ip, network)


def _own(name: str) -> IPv4Interface | None:
    """The interface's first IPv4 address with its mask."""
    request = struct.pack("256s", name.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            address = fcntl.ioctl(probe, _SIOCGIFADDR, request)[20:24]
            mask = fcntl.ioctl(probe, _SIOCGIFNETMASK, request)[20:24]
        except OSError:
            return None
    return IPv4Interface(f"{IPv4Address(address)}/{IPv4Address(mask)}")

"""Binds every socket while there may still be root, so that no child ever needs it, and no port is closed while a child restarts."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

from pxeserve import reached, wire
from pxeserve.config import Config
from pxeserve.doors import door
from pxeserve.errors import PxeserveError
from pxeserve.events.recorder import SOCKET_NAME
from pxeserve.serving import Listener
from pxeserve.supervisor import privileges
from pxeserve.supervisor.interfaces import settled
from pxeserve.supervisor.ports import taken

_SO_RCVBUFFORCE = 33
"""asm-generic/socket.h; needs CAP_NET_ADMIN."""

_IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)
_BACKLOG = 512
_BUFFER = 4 << 20
"""Receive buffer for UDP in bytes: a rack that powers on sends its requests within one scheduling tick."""

_DHCP_PORT, _PXE_PORT = 67, 4011
_LOOPBACK = "lo"
_METRICS = "[metrics] listen"
_CONSOLE = "[console] port"
_KEYS = {_METRICS: _METRICS, _CONSOLE: "[console] address"}
"""The keys that name an address; of all other sockets it is the service's own."""
_RIGHT = (
    "start as root (it is given up afterwards), or set {key}; in a container: --cap-add NET_BIND_SERVICE, and without no-new-privileges"
)
_FOREIGN = (
    "set [server] address to one that is; or, where a bridge or NAT passes requests on from there to here, [tftp] single_port = true too"
)
_LONGEST_NAME = 107
"""Bytes of a socket's path (unix(7)), the zero at its end not counted."""


def bind_all(config: Config, listeners: tuple[Listener, ...], owner: tuple[int, int] | None) -> dict[str, socket.socket]:
    """All sockets by role. `owner` is uid and gid of the service's user when this is root. Raises PortTakenError or PxeserveError."""
    bound: dict[str, socket.socket] = {}
    try:
        for listener in listeners:
            _bind_listener(config, listener, bound)
        if config.console.enabled:
            for address in reached.addresses(settled(config, listeners)):
                inside = door(config, address, listeners[0].network.ip)
                bound[f"console:{address}"] = _tcp(str(inside), config.console.port, _CONSOLE)
        if config.metrics.enabled:
            bound["metrics"] = _tcp(*config.metrics.place, _METRICS)
        run = config.server.data / "run"
        bound["events"] = _unix(run / SOCKET_NAME, socket.SOCK_DGRAM, owner)
        bound["admin"] = _unix(run / wire.SOCKET_NAME, socket.SOCK_STREAM, owner)
    except BaseException:
        for sock in bound.values():
            sock.close()
        raise
    for sock in bound.values():
        sock.setblocking(False)
    return bound


def _bind_listener(config: Config, listener: Listener, bound: dict[str, socket.socket]) -> None:
    name = listener.interface
    address = str(door(config, listener.address, listener.network.ip))
    if config.dhcp.mode != "off":
        bound[f"dhcp:{name}"] = _broadcast(name, config.dhcp.port, "[dhcp] port")
        raw = _raw(name)
        if raw is not None:
            bound[f"dhcp-raw:{name}"] = raw
    if config.dhcp.mode != "off" and name != _LOOPBACK:
        for role, port in (("dhcp-local", config.dhcp.port), ("pxe-local", _PXE_PORT)):
            if role == "pxe-local" and config.dhcp.mode != "proxy":
                continue
            local = _local(port)
            if local is not None:
                bound[f"{role}:{name}"] = local
    if name != _LOOPBACK and (raw := _raw(name)) is not None:
        bound[f"doctor-raw:{name}"] = raw
    if config.dhcp.mode == "proxy":
        bound[f"pxe:{name}"] = _broadcast(name, _PXE_PORT, "[dhcp] mode")
    if config.dhcp.mode == "server" and config.dhcp.port == _DHCP_PORT and (asked := _unless_taken(name, _PXE_PORT)) is not None:
        bound[f"pxe:{name}"] = asked  # quirk `4011-all-the-same`
    bound[f"tftp:{name}"] = _udp(address, config.tftp.port, "[tftp] port")
    bound[f"http:{name}"] = _tcp(address, config.http.port, "[http] port")
    if config.ftp.enabled:
        bound[f"ftp:{name}"] = _tcp(address, config.ftp.port, "[ftp] port")
    if config.nfs.keeps_ganesha:  # which binds them itself; whoever has them is better named now than in its log
        _tcp(address, config.nfs.port, "[nfs] port").close()
        if 3 in config.nfs.versions:
            _tcp(address, config.nfs.mount_port, "[nfs] mount_port").close()


def _broadcast(interface: str, port: int, key: str) -> socket.socket:
    """A socket that hears broadcasts on one interface only, so that another DHCP server may keep the port elsewhere."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        _enlarge(sock)
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
        _bind(sock, ("0.0.0.0", port), "udp", port, key)  # noqa: S104 - of one device; broadcasts reach no other address
    except BaseException:
        sock.close()
        raise
    return sock


def _local(port: int) -> socket.socket | None:
    """Hears what this machine sends to its own address, which the served interface never sees: a rehearsal. None when it is taken."""
    return _unless_taken(_LOOPBACK, port)


def _unless_taken(interface: str, port: int) -> socket.socket | None:
    try:
        return _broadcast(interface, port, "")
    except PxeserveError:
        return None


def _udp(address: str, port: int, key: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        _enlarge(sock)
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        _bind(sock, (address, port), "udp", port, key)
    except BaseException:
        sock.close()
        raise
    return sock


def _tcp(address: str, port: int, key: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(sock, (address, port), "tcp", port, key)
        sock.listen(_BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


def _enlarge(sock: socket.socket) -> None:
    """A large receive buffer: beyond the system's limit where this process may, else as large as it allows."""
    try:
        sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)


def _bind(sock: socket.socket, address: tuple[str, int], protocol: str, port: int, key: str) -> None:
    try:
        sock.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise taken(protocol, port, key) from None
        if error.errno == errno.EACCES:
            raise PxeserveError(f"{protocol.upper()} port {port} may be bound by root alone", fix=_RIGHT.format(key=key)) from None
        if error.errno == errno.EADDRNOTAVAIL:
            named = _KEYS.get(key)
            fix = f"set {named} to one that is" if named else _FOREIGN
            raise PxeserveError(f"{address[0]} is not an address of this machine", fix=fix) from None
        raise


def _raw(interface: str) -> socket.socket | None:
    """Sends whole frames to machines that have no address yet; receives nothing. None without CAP_NET_RAW: then replies are broadcast."""
    try:
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError:
        return None
    sock.bind((interface, 0))
    return sock


def _unix(path: Path, kind: socket.SocketKind, owner: tuple[int, int] | None) -> socket.socket:
    if len(os.fsencode(path)) > _LONGEST_NAME:
        fix = f"name a data folder with a shorter path: [server] data, or --data DIR (sockets' paths have at most {_LONGEST_NAME} bytes)"
        raise PxeserveError(f"{path}: too long a path for a socket", fix=fix)
    sock = socket.socket(socket.AF_UNIX, kind)
    old_umask = os.umask(0o177)
    try:
        with privileges.acting_as(owner):
            path.unlink(missing_ok=True)  # the lock is ours, so whoever left it is gone
            sock.bind(str(path))
    except OSError as error:
        sock.close()
        raise PxeserveError(f"{path}: cannot be made: {error.strerror}", fix=f"remove what lies at {path}") from None
    finally:
        os.umask(old_umask)
    if kind is socket.SOCK_STREAM:
        sock.listen(_BACKLOG)
    else:
        _enlarge(sock)
    return sock

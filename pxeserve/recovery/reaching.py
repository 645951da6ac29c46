"""Where the toolstack of a pool's host answers. Refuses to know whether it does, and how it is spoken to."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address

from sqlalchemy import Connection

from pxeserve.answerfile.inheritance import InheritanceError
from pxeserve.domain.host import Host
from pxeserve.domain.pool import Pool
from pxeserve.snapshot import Layers, layers
from pxeserve.store import inventory


def address_of(connection: Connection, host: Host) -> IPv4Address | None:
    """The address that an installed `host` has: the static one that it is told, else the one that is kept for it, else None."""
    return static_address(layers(connection), host) or host.address


def address_in(connection: Connection, pool: Pool, name: str) -> IPv4Address | None:
    """Where the host called `name` of a pool answers: of its master what the pool itself says comes first."""
    if name == pool.master and pool.address is not None:
        return pool.address
    host = inventory.host(connection, name)
    return address_of(connection, host) if host is not None else None


def static_address(said: Layers, host: Host) -> IPv4Address | None:
    """The address of its management interface that its installer is told (`admin-interface.ipaddr` with `proto` static), by the host itself
    or by what it inherits; None where it is told none, or to ask for one."""
    try:
        interface = said.of_host(host).values.get("admin-interface")
    except InheritanceError:
        return None
    if not isinstance(interface, dict) or interface.get("proto") != "static":
        return None
    try:
        return IPv4Address(str(interface.get("ipaddr")))
    except AddressValueError:
        return None

"""The networks in which addresses are lent: each subnet with what is taken of it, and the reservations of hosts."""

from __future__ import annotations

import time
from collections import Counter
from ipaddress import IPv4Address
from typing import Any

from pxeserve.config.model import SubnetConfig
from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.snapshot import shared
from pxeserve.store import leases


@verb("dhcp.networks", role=Role.VIEWER)
def networks(context: Context) -> dict[str, Any]:
    """How this server takes part in DHCP, its subnets with how many of their addresses are lent, in quarantine and free, and the hosts with
    a reservation, by address; `subnet` of one is None where no subnet holds it."""
    config, now = context.config, time.time()
    subnets = config.dhcp.subnet if config.dhcp.mode == "server" else ()
    held = _held(context, now) if subnets else []
    hosts = [host for host in shared(context.store).current().hosts.values() if host.address is not None]
    reserved = [
        {"host": host.name, "address": str(host.address), "macs": list(host.macs), "subnet": _subnet(subnets, host.address)}
        for host in sorted(hosts, key=lambda host: host.address or IPv4Address(0))
    ]
    return {
        "mode": config.dhcp.mode,
        "interface": config.server.interface,
        "address": str(config.server.address) if config.server.address else None,
        "others_allowed": config.dhcp.allow_other_servers,
        "subnets": [_described(one, held, reserved) for one in subnets],
        "reservations": reserved,
    }


def _held(context: Context, now: float) -> list[leases.LeaseRow]:
    with context.store.leases.read() as connection:
        return [row for row in leases.listed(connection, now) if row.state != "released" and row.expires > now]


def _subnet(subnets: tuple[SubnetConfig, ...], address: IPv4Address | None) -> str | None:
    return next((str(one.network) for one in subnets if address in one.network), None)


def _described(subnet: SubnetConfig, held: list[leases.LeaseRow], reserved: list[dict[str, Any]]) -> dict[str, Any]:
    inside = [row for row in held if _in_a_range(subnet, row.address)]
    states = Counter(row.state for row in inside)
    size = sum(int(last) - int(first) + 1 for first, last in subnet.all_ranges)
    return {
        "network": str(subnet.network),
        "ranges": [[str(first), str(last)] for first, last in subnet.all_ranges],
        "router": str(subnet.router) if subnet.router else None,
        "dns": [str(one) for one in subnet.dns],
        "domain": subnet.domain,
        "ntp": [str(one) for one in subnet.ntp],
        "lease": subnet.lease,
        "addresses": size,
        "lent": len(inside) - states["declined"],
        "declined": states["declined"],
        "free": size - len(inside),
        "reservations": sum(one["subnet"] == str(subnet.network) for one in reserved),
    }


def _in_a_range(subnet: SubnetConfig, address: IPv4Address) -> bool:
    return any(first <= address <= last for first, last in subnet.all_ranges)

"""What of the server itself would stop a machine: DHCP that is off, a disk that is full, addresses that are all lent, a subnet that covers
no wire. Refuses to know hosts' media and answers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from pxeserve.config import Config, SubnetConfig
from pxeserve.dhcp.lending.pool import KEPT_LEAST
from pxeserve.domain.host import Host
from pxeserve.operations.context import Context
from pxeserve.rehearse.prediction import Prediction
from pxeserve.snapshot import shared
from pxeserve.store import leases
from pxeserve.store.events import Wanted, latest
from pxeserve.timeline.steps import Step

_FULL, _SCARCE = 1 << 20, 64 << 20
"""Bytes: less than the first and a transaction no longer fits; less than the second and it soon may not."""

_ASKED = 200


def stopped(context: Context) -> Iterator[Prediction]:
    """What keeps every machine from anything, and a walk from beginning."""
    if context.config.dhcp.mode == "off":
        yield Prediction(
            Step.OFFERED,
            "dhcp-off",
            "DHCP is off: another server names the boot files, and a rehearsal does not ask strangers",
            "pxeserve dhcp snippet --for isc --check asks it; pxeserve explain says what a machine would get",
            "[dhcp] mode",
        )
    yield from _disk(context)


def network(context: Context, host: Host) -> Iterator[Prediction]:
    """Addresses and subnets, in server mode."""
    config = context.config
    if config.dhcp.mode != "server" or config.server.address is None:
        return
    yield from _uncovered(context, host, config.server.address)
    subnet = serving_subnet(config, config.server.address)
    if subnet is not None:
        yield from _pool(context, host, subnet, config.server.address)


def serving_subnet(config: Config, server: IPv4Address) -> SubnetConfig | None:
    """The subnet that a rehearsal asks an address of: the server's own, else the first."""
    if config.dhcp.mode != "server" or not config.dhcp.subnet:
        return None
    return next((one for one in config.dhcp.subnet if server in one.network), config.dhcp.subnet[0])


def _disk(context: Context) -> Iterator[Prediction]:
    data = context.config.server.data
    found = os.statvfs(data)
    free = (found.f_bfree if os.geteuid() == 0 else found.f_bavail) * found.f_frsize
    lends = context.config.dhcp.mode == "server"
    step = Step.ADDRESS if lends else Step.MENU
    would = "a lease could not be stored, so no address would be given" if lends else "the boot could not be recorded, so it gets no menu"
    fix = f"make room: df {data}; old events go by themselves, media that nobody uses with pxeserve media remove"
    inodes = found.f_files > 0 and found.f_ffree == 0
    if free < _FULL or inodes:
        what = "no file can be made any more" if inodes and free >= _FULL else f"{free:,} bytes are free"
        said = f"the disk that holds {data} is full ({what}): {would}, and nothing would be in the record"
        yield Prediction(step, "disk-full", said, fix, "statvfs(3)")
    elif free < _SCARCE:
        said = f"the disk that holds {data} has {free:,} bytes left: when it is full, {would}"
        yield Prediction(step, "disk-scarce", said, fix, "statvfs(3)", stops=False)


def _uncovered(context: Context, host: Host, server: IPv4Address) -> Iterator[Prediction]:
    networks = [one.network for one in context.config.dhcp.subnet]
    listed = ", ".join(str(one) for one in networks)
    relay = _relay(context, host)
    fix = "add [[dhcp.subnet]] with that network, a range and its router"
    if relay is not None and not any(relay in one for one in networks):
        said = f"{host.name} was last heard through the relay agent {relay}, which is in none of the subnets served ({listed})"
        yield Prediction(Step.OFFERED, "relay-outside", f"{said}: its requests are ignored", fix, "RFC 2131 section 4.3.1; giaddr")
    if relay is None and not server.is_loopback and not any(server in one for one in networks):
        said = f"no subnet served ({listed}) covers this server's own wire, where it is {server}: machines there are ignored"
        yield Prediction(Step.OFFERED, "wrong-subnet", said, fix, "[[dhcp.subnet]]")
    if host.address is not None and not any(host.address in one for one in networks):
        said = f"the address {host.address}, which is reserved for {host.name}, is in no subnet that is served: it gets another one"
        other = f"pxeserve host set {host.name} --set address=ADDRESS"
        yield Prediction(Step.ADDRESS, "reservation-outside", said, other, f"host {host.name}", stops=False)


def _relay(context: Context, host: Host) -> IPv4Address | None:
    """The relay agent that the host was last heard through."""
    with context.store.events.read() as connection:
        for mac in host.macs:
            for event in reversed(latest(connection, Wanted(mac=mac, kind="dhcp"), _ASKED)):
                said = str((event.data or {}).get("relay") or "").split()
                if event.kind in ("dhcp.discover", "dhcp.request"):
                    try:
                        return IPv4Address(said[0].partition("/")[0]) if said else None
                    except ValueError:
                        return None
    return None


def _pool(context: Context, host: Host, subnet: SubnetConfig, server: IPv4Address) -> Iterator[Prediction]:
    now = time.time()
    snapshot = shared(context.store).current()
    with context.store.leases.read() as connection:
        held = {row.address: row.mac for row in leases.listed(connection, now)}
    reserved = {one.address for one in snapshot.by_mac.values()}
    own = {server, subnet.router, *subnet.dns, *subnet.ntp}
    lendable = _free(subnet, {one for one in (*reserved, *own) if one is not None})
    free = _free(subnet, {one for one in (*held, *reserved, *own) if one is not None})
    fix = "widen range in [[dhcp.subnet]] or shorten lease; pxeserve dhcp leases shows who holds them"
    if free:
        floating = sum(one.address is None for one in snapshot.by_mac.values())
        strangers = sum(mac not in snapshot.by_mac for address, mac in held.items() if address in subnet.network)
        if strangers >= lendable - max(min(KEPT_LEAST, lendable // 10), min(floating, lendable // 2)):
            said = f"the addresses left in {subnet.network} are kept for hosts that are known: {host.name} would get one, "
            said += "but a rehearsal, whose MAC nobody knows, has none to walk with"
            yield Prediction(Step.OFFERED, "addresses-kept", said, fix, "[[dhcp.subnet]] range, and the leases of strangers")
        return
    ranges = ", ".join(f"{first} to {last}" for first, last in subnet.all_ranges) or "none"
    said = f"every address of {subnet.network} that may be lent is lent or kept ({ranges})"
    if host.address is not None:
        said += f"; {host.name} has one reserved and would get it, but a rehearsal has none to walk with"
    else:
        said += ": no machine is offered one"
    yield Prediction(Step.OFFERED, "pool-empty", said, fix, "RFC 2131 section 4.3.1")


def _free(subnet: SubnetConfig, taken: set[IPv4Address]) -> int:
    """How many addresses may still be lent."""
    numbers = {int(one) for one in taken}
    free = 0
    for first, last in subnet.all_ranges:
        inside = sum(int(first) <= number <= int(last) for number in numbers)
        free += int(last) - int(first) + 1 - inside
    return free


def network_of(config: Config, server: IPv4Address) -> IPv4Network | None:
    """The network of `serving_subnet`."""
    subnet = serving_subnet(config, server)
    return subnet.network if subnet is not None else None

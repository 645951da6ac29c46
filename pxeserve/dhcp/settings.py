"""From the configuration and the inventory to what the cores know of them. Refuses to know the wire."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from pxeserve.config import SubnetConfig
from pxeserve.dhcp.lending.lease import Known
from pxeserve.dhcp.lending.subnets import Networks, Subnet
from pxeserve.errors import PxeserveError
from pxeserve.serving import Listener
from pxeserve.snapshot import Snapshot

_HEX = "hex:"


def networks(configured: Iterable[SubnetConfig], listeners: Iterable[Listener]) -> Networks:
    """All subnets; what belongs to the server itself is never lent. Raises PxeserveError for an option that is not what it says."""
    listeners = tuple(listeners)
    own = {listener.address for listener in listeners} | {listener.network.ip for listener in listeners}
    return Networks(
        tuple(_subnet(one, own) for one in configured),
        {listener.interface: listener.network for listener in listeners},
    )


def known(snapshot: Snapshot) -> Known:
    """The inventory's MACs and reservations."""
    return Known(
        {mac: host.name for mac, host in snapshot.by_mac.items()},
        {mac: host.address for mac, host in snapshot.by_mac.items() if host.address is not None},
    )


def _subnet(configured: SubnetConfig, own: set[IPv4Address]) -> Subnet:
    named = {address for address in (configured.router, *configured.dns, *configured.ntp) if address is not None}
    return Subnet(
        network=configured.network,
        ranges=_merged(configured.all_ranges),
        lease=configured.lease,
        router=configured.router,
        dns=configured.dns,
        domain=configured.domain,
        ntp=configured.ntp,
        options=tuple((int(code), _value(configured, code, text)) for code, text in configured.options.items()),
        excluded=frozenset(address for address in own | named if address in configured.network),
    )


def _merged(ranges: Iterable[tuple[IPv4Address, IPv4Address]]) -> tuple[tuple[IPv4Address, IPv4Address], ...]:
    """Ranges in order, those that overlap made one, so that no address is counted twice."""
    merged: list[tuple[IPv4Address, IPv4Address]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _value(configured: SubnetConfig, code: str, text: str) -> bytes:
    if not text.startswith(_HEX):
        return text.encode()
    try:
        return bytes.fromhex(text.removeprefix(_HEX))
    except ValueError:
        where = f"subnet {configured.network}: option {code}: {text!r} is not hexadecimal"
        raise PxeserveError(where, fix='write pairs of digits, as "hex:0102"') from None

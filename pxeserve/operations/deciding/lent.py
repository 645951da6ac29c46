"""What DHCP itself would do for a machine: answer or not, by which mode, with which address, and in which way its boot file is told.

Pure: configuration, decision and what was heard in, reasons out. Refuses to know sockets; a test plays it against the cores.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address

from pxeserve.config import Config, SubnetConfig
from pxeserve.dhcp.quirks.make import Make
from pxeserve.dhcp.quirks.manner import Way
from pxeserve.domain.decide import Decision, Reason, Weight
from pxeserve.operations.record.said import Said
from pxeserve.store.leases import LeaseRow


@dataclass(frozen=True, slots=True)
class Would:
    """`answers` says whether any answer leaves, `file` whether a boot file is named; `address` is the one it would have, where known."""

    answers: bool
    file: bool
    address: IPv4Address | None
    because: tuple[Reason, ...]


def would(config: Config, decision: Decision, made: Make, found: Said, leases: Iterable[LeaseRow], now: float) -> Would:
    """What comes of the machine's next DISCOVER. `leases` are those of its MAC, the newest first; `now` is epoch seconds."""
    heard = () if found.last is not None else (_over("never-heard", "no DHCP message of this MAC is on record", "events"),)
    file = decision.loader is not None
    match config.dhcp.mode:
        case "off":
            text = "DHCP is off here: another server answers, and names the boot file (pxeserve dhcp snippet writes its lines)"
            return Would(False, file, _address(found), (_chose("dhcp-off", text, "[dhcp] mode"), *heard))
        case "proxy":
            return _beside(file, made, found, heard)
        case _:
            return _lending(config, decision, made, found, tuple(leases), now, heard)


def _beside(file: bool, made: Make, found: Said, heard: tuple[Reason, ...]) -> Would:
    address = _address(found)
    of = f"{found.server}, which last gave it {address}" if found.server and address else "another DHCP server"
    lends = _chose("other-server", f"its address comes from {of}; none is lent here", "[dhcp] mode")
    if not file:
        text = "it gets no answer, neither on port 67 nor on 4011, and goes on with the other server's alone"
        return Would(False, False, address, (_chose("dhcp-silent", text, "[dhcp] mode"), lends, *heard))
    text = "beside another DHCP server it is told its boot file and lent no address"
    return Would(True, True, address, (_chose("dhcp-beside", text, "[dhcp] mode"), *_way(made.proxy, found), lends, *heard))


def _lending(
    config: Config, decision: Decision, made: Make, found: Said, leases: tuple[LeaseRow, ...], now: float, heard: tuple[Reason, ...]
) -> Would:
    address, why = _lent(config, decision, found, leases, now)
    if why.weight is Weight.REFUSED:
        text = "it gets no answer: there is no address for it"
        return Would(False, False, None, (_refused("dhcp-no-address", text, "[[dhcp.subnet]]"), why, *heard))
    if decision.loader is None:
        text = "it is lent an address and told no boot file"
        return Would(True, False, address, (_chose("dhcp-no-file", text, "[dhcp] mode"), why, *heard))
    text = "it is lent an address, and told its boot file with it"
    return Would(True, True, address, (_chose("dhcp-lends", text, "[dhcp] mode"), *_way(made.server, found), why, *heard))


def _way(ways: tuple[Way, ...], found: Said) -> tuple[Reason, ...]:
    if found.way is not None:
        return (_chose("way-changed", found.way, "events"),)
    return (_chose("way", f"it is told its boot file {ways[0].says}", f"quirk {ways[0].quirk.name}"),)


def _lent(
    config: Config, decision: Decision, found: Said, leases: tuple[LeaseRow, ...], now: float
) -> tuple[IPv4Address | None, Reason]:
    host = decision.host
    lease = next((one for one in leases if one.bound(now)), None)
    if host is not None and host.address is not None:
        subnet = _holding(config.dhcp.subnet, host.address)
        if subnet is None:
            text = f"{host.address}, reserved for {host.name}, is in no subnet that is served"
            return None, _refused("reservation-elsewhere", text, f"host {host.name}")
        return host.address, _chose("reservation", f"{host.address} is reserved for {host.name} in {subnet.network}", f"host {host.name}")
    if lease is not None and _holding(config.dhcp.subnet, lease.address) is not None:
        return lease.address, _chose("lease", f"{lease.address} is lent to it for {lease.expires - now:.0f} s more", "leases")
    subnet = _where(config, found)
    if subnet is None:
        where = f"behind relay {found.relay}" if found.relay else "on this server's own network"
        return None, _refused("no-subnet", f"no subnet is served {where}", "[[dhcp.subnet]]")
    if not subnet.all_ranges:
        text = f"{subnet.network} has no range, and no address in it is reserved for this machine"
        return None, _refused("no-range", text, f"[[dhcp.subnet]] {subnet.network}")
    spans = ", ".join(f"{first} to {last}" for first, last in subnet.all_ranges)
    return None, _chose("pool", f"a free address of {spans} in {subnet.network}", f"[[dhcp.subnet]] {subnet.network}")


def _where(config: Config, found: Said) -> SubnetConfig | None:
    """The subnet that it asked from last; else that of the server's own address, else the first."""
    try:
        relay = IPv4Address(found.relay.partition(" ")[0]) if found.relay else None
    except ValueError:
        relay = None
    if relay is not None:
        return _holding(config.dhcp.subnet, relay)
    own = config.server.address
    return _holding(config.dhcp.subnet, own) if own is not None else None


def _holding(subnets: Iterable[SubnetConfig], address: IPv4Address) -> SubnetConfig | None:
    return next((subnet for subnet in subnets if address in subnet.network), None)


def _address(found: Said) -> IPv4Address | None:
    try:
        return IPv4Address(found.address) if found.address else None
    except ValueError:
        return None


def _chose(code: str, text: str, source: str) -> Reason:
    return Reason(Weight.CHOSE, code, text, source)


def _over(code: str, text: str, source: str) -> Reason:
    return Reason(Weight.PASSED_OVER, code, text, source)


def _refused(code: str, text: str, source: str) -> Reason:
    return Reason(Weight.REFUSED, code, text, source)

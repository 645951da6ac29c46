"""Whether this machine's firewall lets machines' packets in, as far as its rules can be understood.

What a rule set does with a packet is worked out, never tried: nothing is sent and nothing changed. Where a condition is not understood
the answer is "could not tell". Sources: nft(8); firewalld.zone(5); RFC 1350 section 4 (each transfer has a port of its own).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from pxeserve.config import Config
from pxeserve.doctor import firewalld, iptables, nft
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.doctor.network import Network, way_to
from pxeserve.doctor.proc import processes
from pxeserve.doctor.rules import By, Fate, Numbers, Packet, Ruleset

_CLOSED = Fault(
    "closed",
    Grade.STOPS,
    "{manager} drops what machines send to {ports}/{protocol} ({role}) on {interface}: {by}",
    "{why}",
    "{open}",
)
_ANSWERS_ONLY = Fault(
    "answers-only",
    Grade.NOTE,
    "{manager} lets {ports}/{protocol} ({role}) in on {interface} only as answers, while connection tracking remembers the transfer",
    "each TFTP transfer has a port of its own, whose first packet is this server's; a machine that is silent for 30 s is forgotten, and so "
    "is every transfer where tracking is switched off or its table is full",
    "{open}",
)
_ONE_WAY = Fault(
    "rp-filter",
    Grade.HARMS,
    "rp_filter is strict on {interface}, and {network} is not reached through it",
    "what a relay sends in through this card is dropped before anybody sees it, as its answers would leave by another",
    "sysctl -w net.ipv4.conf.{interface}.rp_filter=2, and in /etc/sysctl.d for good; or route {network} through {interface}",
)

_WHY = {
    "dhcp": "machines' DISCOVERs never arrive: PXE-E51, and nothing in the record",
    "pxe": "firmware that asks a boot server at port 4011 hears nothing: PXE-E55",
    "tftp": "boot loaders are never sent: PXE-E32, TFTP open timeout",
    "transfers": "transfers begin and no acknowledgement arrives: PXE-E32, and in the record \"the client never answered\"",
    "provision": "GRUB, iPXE and every installer wait for HTTP until they give up",
    "ftp": "installers with FTP sources find no repository",
    "ftp data": "an FTP session begins and no file is sent: data connections are the client's to open",
    "nfs": "installers with NFS sources cannot mount",
}


_OPEN = {
    "firewalld": "firewall-cmd --permanent {zone}--add-port={ports}/{protocol} && firewall-cmd --reload",
    "ufw": "ufw allow in on {interface} to any port {range} proto {protocol}",
    "iptables": "iptables -I INPUT -i {interface} -p {protocol} --dport {range} -j ACCEPT, and save it",
    "nft": "nft insert rule {table} {chain} iifname {interface} {protocol} dport {ports} accept, and in /etc/nftables.conf for good",
}
"""The command that opens a port, by whoever keeps the rules."""


@dataclass(frozen=True, slots=True)
class Needed:
    """Ports that machines send to. `answers`: the first packet of each exchange is this server's."""

    role: str
    protocol: str
    first: int
    last: int
    broadcast: bool = False
    answers: bool = False

    @property
    def ports(self) -> str:
        """As people and nft write it."""
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


def needed(config: Config) -> list[Needed]:
    """All ports that have to be open for `config`."""
    found = []

    def one(role: str, protocol: str, port: int, *, broadcast: bool = False) -> None:
        found.append(Needed(role, protocol, port, port, broadcast))

    if config.dhcp.mode != "off":
        one("dhcp", "udp", config.dhcp.port, broadcast=True)
    if config.dhcp.mode == "proxy":
        one("pxe", "udp", 4011)
    one("tftp", "udp", config.tftp.port)
    if not config.tftp.single_port:
        ports = config.tftp.port_range
        found.append(Needed("transfers", "udp", ports[0], ports[-1], answers=True))
    one("provision", "tcp", config.http.port)
    if config.ftp.enabled:
        one("ftp", "tcp", config.ftp.port)
        found.append(Needed("ftp data", "tcp", config.ftp.port_range[0], config.ftp.port_range[-1]))
    if config.nfs.enabled:
        one("nfs", "tcp", config.nfs.port)
        if 3 in config.nfs.versions:
            one("nfs", "tcp", config.nfs.mount_port)
            one("nfs", "udp", 111)
            one("nfs", "tcp", 111)
    return found


def look(around: Around) -> Seen:
    """The kernel's rules where they can be read, else the files of whoever manages them."""
    networks = [one for one in around.networks if one.interface is not None and not one.interface.loopback]
    if not networks:
        yield Blind("no real network is served, so no packet comes in from outside")
        return
    numbers = Numbers()
    rulesets, blind = _rules(around, numbers)
    manager = _manager(around)
    for network in networks:
        for one in needed(around.config):
            yield from _judged(around, network, one, rulesets, numbers, manager)
        yield from _filtered(around, network)
    if blind is not None and not (rulesets or manager == "firewalld"):
        yield blind


def _judged(
    around: Around, network: Network, one: Needed, rulesets: list[Ruleset], numbers: Numbers, manager: str
) -> Iterator[Finding | Blind]:
    if rulesets:
        yield from _by_rules(around, network, one, rulesets, numbers, manager)
    elif manager == "firewalld":
        zone = firewalld.zone_of(around.root, network.name)
        if zone is None:
            yield Blind(f"the zone of {network.name} is not in firewalld's files", "sudo pxeserve doctor reads the kernel's own rules")
        elif not zone.opens(one.protocol, one.first, one.last):
            fault = _ANSWERS_ONLY if one.answers else _CLOSED
            yield _found(fault, around, network, one, manager, By("firewalld", zone.name, "zone without it"))


def _by_rules(
    around: Around, network: Network, one: Needed, rulesets: list[Ruleset], numbers: Numbers, manager: str
) -> Iterator[Finding | Blind]:
    """What the rules do with each port that stands for others; the worst of them is told."""
    packet = _packet(network, one)
    perhaps: By | None = None
    for port in numbers.inside(one.first, one.last):
        fates = _together(rulesets, replace(packet, port=port))
        if Fate.ACCEPT not in fates:
            yield _found(_CLOSED, around, network, one, manager, fates[Fate.DROP])
            return
        perhaps = perhaps or fates.get(Fate.DROP)
    if perhaps is not None:
        yield Blind(
            f"could not tell whether {one.ports}/{one.protocol} ({one.role}) is let in on {network.name}: {perhaps}, and "
            "conditions in front of it are not understood",
            f"let it in in front of that: {_opening(around, network, one, manager, perhaps)}",
        )
    elif one.answers:
        fates = _together(rulesets, replace(packet, state="new"))
        if Fate.ACCEPT not in fates:
            yield _found(_ANSWERS_ONLY, around, network, one, manager, fates[Fate.DROP])


def _together(rulesets: list[Ruleset], packet: Packet) -> dict[Fate, By]:
    """What may become of a packet that has to pass all of them."""
    found = {Fate.ACCEPT: By("", "", "")}
    for one in rulesets:
        fates = one.fates(packet)
        if Fate.ACCEPT not in fates:
            return fates
        found |= {fate: why for fate, why in fates.items() if fate is Fate.DROP}
    return found


def _packet(network: Network, one: Needed) -> Packet:
    own = network.own
    source = IPv4Network("0.0.0.0/32") if one.broadcast else own.network if own else None
    state = "established" if one.answers else "new"
    return Packet(one.protocol, one.first, network.name, source, network.address, one.broadcast, state)


def _found(fault: Fault, around: Around, network: Network, one: Needed, manager: str, by: By) -> Finding:
    words = {"ports": one.ports, "protocol": one.protocol, "role": one.role, "interface": network.name}
    return fault.found(
        f"{network.name} {one.ports}/{one.protocol}", manager=manager or "the firewall", by=by, why=_WHY[one.role],
        open=_opening(around, network, one, manager, by), **words,
    )  # fmt: skip


def _opening(around: Around, network: Network, one: Needed, manager: str, by: By) -> str:
    """The command that lets it in, in front of what would drop it."""
    known = manager if manager in _OPEN else "iptables" if by.table == iptables.TABLE else "nft"
    zone = firewalld.zone_of(around.root, network.name) if known == "firewalld" else None
    words = {"interface": network.name, "protocol": one.protocol, "ports": one.ports, "range": one.ports.replace("-", ":")}
    return _OPEN[known].format(zone=f"--zone={zone.name} " if zone else "", table=by.table, chain=by.chain, **words)


def _rules(around: Around, numbers: Numbers) -> tuple[list[Ruleset], Blind | None]:
    """The kernel's rules, by nft and, where its tools made them, by iptables."""
    if not around.privileged:
        return [], Blind("the firewall's rules can be read by root alone", "sudo pxeserve doctor")
    told = around.run(["nft", "-j", "list", "ruleset"])
    legacy = (around.text("proc/net/ip_tables_names") or "").split()
    found = []
    blind = None
    if told.status == 0:
        foreign = '"xt"' in told.out
        try:
            rules = nft.read(told.out, numbers)
        except ValueError as error:
            return [], Blind(f"nft's rules are not understood: {error}")
        if foreign:
            rules = Ruleset({key: chain for key, chain in rules.chains.items() if not key[0].startswith("ip ")})
            legacy.append("filter")
        found.append(rules)
    else:
        blind = Blind(f"nft's rules could not be read: {told.error or 'nft failed'}", "apt install nftables")
    if "filter" in legacy:
        saved = around.run(["iptables-save", "-t", "filter"])
        if saved.status != 0:
            return found, Blind(f"iptables' rules could not be read: {saved.error or 'iptables-save failed'}", "apt install iptables")
        found.append(iptables.read(saved.out, numbers))
    return found, blind


def _manager(around: Around) -> str:
    """Who keeps the rules; "" where nobody is known to."""
    names = {one.name for one in processes(around.root)}
    if "firewalld" in names:
        return "firewalld"
    if firewalld.ufw_enabled(around.root):
        return "ufw"
    return "iptables" if "filter" in (around.text("proc/net/ip_tables_names") or "") else ""


def _filtered(around: Around, network: Network) -> Iterator[Finding]:
    """Subnets behind relays whose requests the kernel would drop for coming in by the wrong card."""
    def strictness(name: str) -> int:
        text = (around.text(f"proc/sys/net/ipv4/conf/{name}/rp_filter") or "").strip()
        return int(text) if text.isdigit() else 0

    if max(strictness("all"), strictness(network.name)) != 1:
        return
    for subnet in around.behind_relays:
        way = way_to(subnet.router or subnet.network.network_address + 1)
        served = [own.ip for one in around.networks if one.interface for own in one.interface.addresses]
        if way.source is not None and way.source not in served:
            yield _ONE_WAY.found(f"{network.name}, {subnet.network}", interface=network.name, network=subnet.network)


CHECK = Check(
    "firewall",
    "nftables, iptables, firewalld and ufw: whether every port of this service is open, transfers' own ports too; rp_filter",
    "nft(8); firewalld.zone(5); RFC 1350 section 4; a transfer through a stateful rule set was tried",
    (_CLOSED, _ANSWERS_ONLY, _ONE_WAY),
    look,
    sentences={**{f"why, for {role}": why for role, why in _WHY.items()}, **{f"open, by {name}": text for name, text in _OPEN.items()}},
)

"""Whether machines can reach the address that they are told, and whether answers find the way back to every network that is served.

Sources: RFC 2131 section 4.1; docker-netbootxyz (answers from a container's own address); PyPXE and tftpd64 (the wrong card's address).
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.doctor.network import Network, way_to

_CONTAINERS = IPv4Network("172.17.0.0/16")
_BRIDGES = ("docker", "virbr", "br-", "cni", "podman", "veth", "lxcbr")

_NO_INTERFACE = Fault(
    "no-interface",
    Grade.STOPS,
    "there is no interface {interface}",
    "the service does not start without it",
    "[server] interface is one of: {known}",
)
_NO_ROUTE = Fault(
    "no-default",
    Grade.STOPS,
    "no interface is named, and none has a default route",
    "it is not clear which network to serve, and the service does not start",
    'name it: [server] interface = "{known}"',
)
_NO_ADDRESS = Fault(
    "no-address",
    Grade.STOPS,
    "{interface} has no IPv4 address",
    "machines cannot come back to this server",
    "give it one: ip address add 10.77.0.1/24 dev {interface}, and in the system's network configuration for good",
)
_DOWN = Fault(
    "down",
    Grade.STOPS,
    "{interface} is down, or there is no cable in it",
    "nobody hears this server",
    "ip link set {interface} up, and look at cable and switch port",
)
_NOT_OURS = Fault(
    "not-ours",
    Grade.STOPS,
    "machines are told {address}, which no interface of this machine has",
    "their TFTP and HTTP requests go to somebody else, or nowhere; behind NAT the ports are given out as well as the address",
    "set [server] address to one of {known}, or give {interface} that address; behind a bridge or NAT also [tftp] single_port = true",
)
_LOOPBACK = Fault(
    "loopback",
    Grade.NOTE,
    "machines are told {address}, which is loopback",
    "this serves trials on this machine, and no other machine can reach it",
    'for a real network: [server] interface = "eth0"',
)
_LINK_LOCAL = Fault(
    "link-local",
    Grade.HARMS,
    "machines are told {address}, an address that this machine made up because no DHCP server answered it",
    "it may change at any time, and no router knows it",
    "give {interface} a fixed address",
)
_BRIDGE = Fault(
    "bridge",
    Grade.HARMS,
    "machines are told {address}, of {interface}, a bridge for containers or virtual machines",
    "only what runs on this machine is plugged into it; machines in a rack cannot reach it",
    "name the card of the rack's network: [server] interface; in a container use the host's network",
)
_ELSEWHERE = Fault(
    "other-interface",
    Grade.HARMS,
    "machines on {interface} are told {address}, which is {owner}'s",
    "they reach it through a router only, and their answers come in by another card than their questions",
    "take the address of {interface} itself ({own}): leave [server] address out",
)
_SEVERAL = Fault(
    "several",
    Grade.NOTE,
    "no interface is named, and several could be meant: {known}",
    "the one with the default route is taken; after a change of routes it is another",
    'name it: [server] interface = "{interface}"',
)
_WRONG_SUBNET = Fault(
    "wrong-subnet",
    Grade.HARMS,
    "no [[dhcp.subnet]] holds {own} of {interface}",
    "machines on this very wire get no address: they are counted as no-subnet; only what comes through a relay is served",
    'add [[dhcp.subnet]] with network = "{network}", or serve another interface',
)
_NO_WAY = Fault(
    "no-way-back",
    Grade.STOPS,
    "there is no route to {network}: {why}",
    "requests from there arrive through a relay, and no answer finds its way back",
    "ip route add {network} via ROUTER dev {interface}, and in the system's network configuration for good",
)


def look(around: Around) -> Seen:
    """Each network, then the ways back."""
    known = ", ".join(one.name for one in around.interfaces if not one.loopback) or "none"
    if not around.networks:
        yield _NO_ROUTE.found("[server] interface", known=known)
    for network in around.networks:
        yield from _network(around, network, known)
    if around.config.server.interface is None and not around.serving:
        able = [one.name for one in around.interfaces if one.addresses and not one.loopback and not one.name.startswith(_BRIDGES)]
        if len(able) > 1 and around.networks:
            yield _SEVERAL.found("[server] interface", known=", ".join(able), interface=around.networks[0].name)
    yield from _back(around)


def _network(around: Around, network: Network, known: str) -> Iterator[Finding | Blind]:
    name, interface, address = network.name, network.interface, network.address
    if interface is None:
        yield _NO_INTERFACE.found(name, interface=name, known=known)
        return
    if not interface.up:
        yield _DOWN.found(name, interface=name)
    if address is None or not interface.addresses:
        yield _NO_ADDRESS.found(name, interface=name)
        return
    words = {"interface": name, "address": address, "own": interface.addresses[0].ip}
    owners = [one.name for one in around.interfaces for own in one.addresses if own.ip == address]
    if address.is_loopback:
        yield _LOOPBACK.found(name, **words)
    elif not owners and around.config.tftp.single_port:
        return  # a bridge or NAT passes on what comes there, which the check `container` judges
    elif not owners:
        all_own = ", ".join(str(own.ip) for one in around.interfaces if not one.loopback for own in one.addresses)
        yield _NOT_OURS.found(name, known=all_own or "none", **words)
    elif address.is_link_local:
        yield _LINK_LOCAL.found(name, **words)
    elif address in _CONTAINERS or name.startswith(("docker", "virbr", "cni", "podman")):
        yield _BRIDGE.found(name, **words)
    elif name not in owners:
        yield _ELSEWHERE.found(name, owner=owners[0], **words)
    subnets = around.config.dhcp.subnet
    if around.config.dhcp.mode == "server" and not address.is_loopback:
        own = interface.addresses[0]
        if not any(own.ip in one.network for one in subnets):
            yield _WRONG_SUBNET.found(name, network=own.network, interface=name, own=own.ip)


def _back(around: Around) -> Iterator[Finding]:
    """Routes to the subnets that lie behind relays."""
    for subnet in around.behind_relays:
        behind = subnet.router or subnet.network.network_address + 1
        way = way_to(behind)
        if way.source is None:
            interface = around.networks[0].name if around.networks else "eth0"
            yield _NO_WAY.found(str(subnet.network), network=subnet.network, why=way.why, interface=interface)


CHECK = Check(
    "address",
    "whether machines can reach the address that they are told, and answers the networks that are served",
    "RFC 2131 section 4.1; docker-netbootxyz issues 11 and 14; PyPXE issue 25",
    (
        _NO_INTERFACE, _NO_ROUTE, _NO_ADDRESS, _DOWN, _NOT_OURS, _LOOPBACK, _LINK_LOCAL, _BRIDGE, _ELSEWHERE, _SEVERAL, _WRONG_SUBNET,
        _NO_WAY,
    ),
    look,
)  # fmt: skip

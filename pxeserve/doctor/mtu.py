"""Packets' sizes: the interface's, the ways' to relays, and the blocks that TFTP may grant.

Sources: RFC 2348; firmware asks for blocks of 1408 (pxelinux), 1432 (iPXE), 1468 (OVMF); MAAS's network guide (MTU mismatch).
"""

from __future__ import annotations

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Grade
from pxeserve.doctor.network import way_to

ETHERNET = 1500
_LEAST = 576
_HEADERS = 20 + 8 + 4
"""IPv4, UDP, TFTP."""

_SMALL = Fault(
    "small-mtu",
    Grade.HARMS,
    "{interface} has an MTU of {mtu} where machines have {ethernet}",
    "TFTP grants blocks of {blksize} bytes at most there; but what machines send (HTTP, NFS) may be larger than this card takes, and is "
    "lost: a transfer hangs after its first packets",
    "ip link set dev {interface} mtu {ethernet}; where a tunnel or VXLAN beneath needs the room, give the machines' network the same MTU",
)
_TINY = Fault(
    "tiny-mtu",
    Grade.STOPS,
    "{interface} has an MTU of {mtu}, less than any IPv4 network has to carry ({least})",
    "a DHCP answer does not fit into one packet, and ROMs put no pieces together",
    "ip link set dev {interface} mtu {ethernet}",
)
_PATH = Fault(
    "small-path",
    Grade.HARMS,
    "packets to {network} may have {mtu} bytes, less than {interface}'s {own}",
    "TFTP's blocks are measured by the card, {blksize} bytes at most; what is larger than the way takes is cut up, and firmware drops that",
    "raise the MTU of the tunnel or VPN on the way, or lower the card's: ip link set dev {interface} mtu {mtu}",
)


def look(around: Around) -> Seen:
    """Each interface, and the way to each subnet behind a relay."""
    seen = False
    for network in around.networks:
        interface = network.interface
        if interface is None or interface.loopback:
            continue
        seen = True
        words = {"interface": interface.name, "mtu": interface.mtu, "ethernet": ETHERNET, "least": _LEAST}
        if interface.mtu < _LEAST:
            yield _TINY.found(interface.name, **words)
        elif interface.mtu < ETHERNET:
            yield _SMALL.found(interface.name, blksize=max(8, interface.mtu - _HEADERS), **words)
        for subnet in around.behind_relays:
            way = way_to(subnet.router or subnet.network.network_address + 1)
            if way.mtu is not None and way.mtu < min(interface.mtu, ETHERNET) and way.source == network.address:
                granted = min(interface.mtu, ETHERNET) - _HEADERS
                yield _PATH.found(
                    str(subnet.network), network=subnet.network, mtu=way.mtu, interface=interface.name, own=interface.mtu, blksize=granted
                )
    if not seen:
        yield Blind("no real network is served, so there is no card to be measured")


CHECK = Check(
    "mtu",
    "the size of packets on each card and on the ways to relays, against the blocks that TFTP grants",
    "RFC 2348; captures of pxelinux, iPXE and OVMF",
    (_SMALL, _TINY, _PATH),
    look,
)

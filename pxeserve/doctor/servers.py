"""Who else answers DHCP on the networks that are served: a second server, a rogue one, one that names other boot files.

Sources: threat T26; MAAS's list of known troubles begins with it; RFC 2131 section 3.1 (a client may take any offer); PXE 2.1 section 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Network

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.doctor.network import Network
from pxeserve.doctor.probe import Heard, invented_mac, open_packets, probe
from pxeserve.doctor.vendors import maker

_LIBVIRT = IPv4Network("192.168.122.0/24")
"""Of libvirt's network `default`, unless somebody chose another."""

_MOST = 8
"""Servers that are told of one network: whoever invents more of them shall not fill the record."""

_SECOND_LENDER = Fault(
    "second-server",
    Grade.STOPS,
    "{who} lends addresses here too",
    "a machine takes whichever offer comes first; one from there knows nothing of this server's boot files, and may be of another network",
    "{stop}",
)
_TWO_LENDERS = Fault(
    "two-servers",
    Grade.STOPS,
    "{count} DHCP servers lend addresses on this network: {all}",
    "beside a proxy exactly one may; with two, machines get addresses of either and lose them again",
    "{stop}",
)
_ALLOWED = Fault(
    "allowed-server",
    Grade.NOTE,
    "{who} lends addresses here too, which allow_other_servers lets pass",
    "machines that take its offer do not boot from this server",
    "make sure that the two lend different addresses, and that the other names this server's boot file: pxeserve dhcp snippet",
)
_OTHER_BOOT = Fault(
    "other-boot-server",
    Grade.STOPS,
    "{who} answers network boots too: boot file {file}, from {server}",
    "firmware that hears two boot servers takes either one, or asks a person; this server's menus may never be asked for",
    "{stop}",
)
_CONFLICT = Fault(
    "other-boot-file",
    Grade.HARMS,
    "{who} names a boot file with its addresses: {file}, from {server}",
    "some firmware believes the server that gave its address and never looks at a proxy's offer (HP Gen9, many UEFI); GRUB and shim "
    "ask that server for their files",
    "take next-server (66) and the boot file (67) out of that server's options, or have it name this one: "
    "pxeserve dhcp snippet --for isc|kea|dnsmasq|windows",
)
_NOBODY = Fault(
    "no-server",
    Grade.STOPS,
    "no DHCP server answered on {interface} within {seconds} s",
    "in proxy mode another server gives the addresses; without one no machine boots",
    'start that server, let its VLAN reach {interface}, or let this one lend addresses: [dhcp] mode = "server" with a [[dhcp.subnet]]',
)


def look(around: Around) -> Seen:
    """Ask each network, and judge who answered."""
    if not around.networks:
        yield Blind("it is not known which network is served", 'name it: [server] interface = "eth0"')
    for network in around.networks:
        if network.interface is None:
            yield Blind(f"there is no interface {network.name}")
        elif network.interface.loopback:
            yield Blind(f"{network.name} is loopback: nobody is there to be asked", 'serve a real network: [server] interface = "eth0"')
        elif not network.interface.up:
            yield Blind(f"{network.name} is down, or has no cable")
        else:
            yield from _network(around, network)


def _network(around: Around, network: Network) -> Iterator[Finding | Blind]:
    sock = around.packets.get(network.name)
    kept = sock is not None
    try:
        sock = sock or open_packets()
        heard = probe(sock, network.name, around.mac or invented_mac(), around.questions, around.seconds)
    except PermissionError:
        yield Blind(f"{network.name}: only root may listen on the wire", "sudo pxeserve doctor")
        return
    finally:
        if sock is not None and not kept:
            with suppress(OSError):
                sock.close()
    ours = {address.ip for interface in around.interfaces for address in interface.addresses}
    ours |= {one.address for one in around.networks if one.address}
    others = [one for one in heard if one.server_id not in ours and one.address not in ours]
    yield from judge(around, network, others[:_MOST])
    if len(others) > _MOST:
        yield Blind(f"{network.name}: {len(others) - _MOST} more servers answered, or one that calls itself by many names")


def judge(around: Around, network: Network, heard: list[Heard]) -> Iterator[Finding]:
    """What these answers mean, which are all others' than ours. Nothing is sent."""
    dhcp = around.config.dhcp
    lenders = {one.server_id: one for one in heard if one.lends}
    where = f"{network.name}, {{}}"
    if dhcp.mode == "server":
        fault = _ALLOWED if dhcp.allow_other_servers else _SECOND_LENDER
        for one in lenders.values():
            yield fault.found(where.format(one.server_id), who=_who(one, around), stop=_stop(one))
    elif len(lenders) > 1:
        known = sorted(lenders.values(), key=lambda one: one.server_id)
        said = "; ".join(_who(one, around) for one in known)
        stop = f"keep the one that should lend addresses; {' or '.join(dict.fromkeys(_stop(one) for one in known))}"
        yield _TWO_LENDERS.found(network.name, count=len(lenders), all=said, stop=stop)
    elif not lenders and dhcp.mode == "proxy":
        yield _NOBODY.found(network.name, interface=network.name, seconds=f"{around.seconds:g}")
    yield from _boots(around, where, heard)


def _boots(around: Around, where: str, heard: list[Heard]) -> Iterator[Finding]:
    """Others who name boot files. Those that name one of ours are meant to."""
    ours = {str(one.address) for one in around.networks}
    for one in heard:
        if one.next_server in ours or any(address in one.boot_file for address in ours):
            continue
        words = {"who": _who(one, around), "file": one.boot_file or "(asked for at port 4011)", "server": one.next_server or one.address}
        if one.pxe and around.config.dhcp.mode != "off":
            yield _OTHER_BOOT.found(where.format(one.server_id), stop=_stop(one), **words)
        elif one.boot_file:
            yield _CONFLICT.found(where.format(one.server_id), **words)


def _who(one: Heard, around: Around) -> str:
    by = f", speaking from {one.address}" if one.address != one.server_id else ""
    return f"{one.server_id}{by} (MAC {one.mac}, {maker(one.mac, around.root)})"


def _stop(one: Heard) -> str:
    """How to stop it, as far as it can be told what it is."""
    if one.server_id in _LIBVIRT:
        return (
            "that is libvirt's own dnsmasq: virsh net-edit default, take its <dhcp> element out, then virsh net-destroy default and "
            "virsh net-start default"
        )
    if one.pxe and not one.lends:
        return (
            f"stop the boot service on {one.server_id}: WDS answers by its PXE Response settings, dnsmasq by pxe-service= lines, FOG and "
            "others likewise; or serve another network"
        )
    return f"find the port of {one.mac} in the switch's address table and stop the DHCP server there, or unplug it"


CHECK = Check(
    "dhcp-servers",
    "who else answers DHCP and network boots: up to three DISCOVERs from an invented MAC, marked pxeserve-doctor, and no REQUEST",
    "RFC 2131 section 3.1; PXE 2.1 section 2; threat T26",
    (_SECOND_LENDER, _TWO_LENDERS, _ALLOWED, _OTHER_BOOT, _CONFLICT, _NOBODY),
    look,
    often=True,
)

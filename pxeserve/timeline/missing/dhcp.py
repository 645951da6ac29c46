"""The beginning: a request, an offer, an address, and the first question for a file."""

from __future__ import annotations

from pxeserve.timeline.missing.facts import File
from pxeserve.timeline.missing.shape import Expectation, Rule, Slower, always, likely, possible, proven, strongest
from pxeserve.timeline.missing.situation import Situation
from pxeserve.timeline.steps import Step

_HTTP = "firmware that boots over HTTP, and iPXE"

EXPECTATIONS = (
    Expectation(
        Step.ASKS, "an offer from this server", 10, "this server did not answer the machine", "RFC 2131 section 4.3.1",
    ),
    Expectation(
        Step.OFFERED, "the machine takes the offer (DHCP REQUEST)", 20, "the machine never took the offer",
        "RFC 2131 section 4.4.1; iPXE waits 3 s for a proxy, OVMF 4 s",
        slower=(Slower(40, "UEFI", lambda s: s.uefi, "PXE 2.1 section 2.2: DISCOVERs after 4, 8, 16 and 32 s"),),
    ),
    Expectation(
        Step.ADDRESS, "the machine goes on to its next boot device", None, "", "no boot file was named to it",
        when="no boot file was named", holds=lambda s: not s.loader and not s.proxy and s.mode != "",
    ),
    Expectation(
        Step.ADDRESS, "the boot loader over HTTP", 45, "the machine has its address and never asked for the boot loader",
        "UEFI specification section 24.7 (HTTP Boot); iPXE with IPv6 waits 13 s after its ACK where no router answers",
        when=_HTTP, holds=lambda s: s.http_boot,
    ),
    Expectation(
        Step.ADDRESS, "the boot loader by TFTP", 30, "the machine has its address and never asked for the boot loader",
        "RFC 1350; iPXE with IPv6 waits 13 s after its ACK where no router answers",
    ),
)  # fmt: skip


def _loader_tried(situation: Situation) -> bool:
    return bool(situation.asked_for(File.LOADER))


def _untried(situation: Situation) -> bool:
    return not _loader_tried(situation)


_ASKS, _OFFERED, _ADDRESS = (Step.ASKS,), (Step.OFFERED,), (Step.ADDRESS,)
_POOL = frozenset({"exhausted", "kept"})

RULES = (
    Rule(
        "pool-empty", _ASKS, "the answer failed for want of an address",
        proven(lambda s: bool(_POOL & set(s.ignored))),
        "no address is free in the range it would be lent from ({ignored})",
        "pxeserve dhcp leases shows who holds them",
        "make the range in [[dhcp.subnet]] larger, shorten its lease, or reserve an address for this host",
        "RFC 2131 section 4.3.1: a server with no address to give may be silent", at_once=True,
    ),
    Rule(
        "no-subnet", _ASKS, "the request came from a network that no [[dhcp.subnet]] names",
        proven(lambda s: "no-subnet" in s.ignored),
        "it asked from a network for which no subnet is configured (relay: {relay})",
        "the relay's address is in the line of its DISCOVER; pxeserve events --ignored counts no-subnet",
        "add a [[dhcp.subnet]] that holds the relay's address, or correct the relay's",
        "RFC 2131 section 4.3.1: the network is chosen by giaddr", at_once=True,
    ),
    Rule(
        "not-stored", (*_ASKS, Step.OFFERED), "the lease could not be written",
        proven(lambda s: "not-stored" in s.ignored or "cannot be stored" in s.trouble),
        "leases cannot be stored, so none is promised",
        "df on the data folder; the log says dhcp.not-stored", "make room on the disk", "RFC 2131 section 3.1: an address is promised "
        "after "
        "it is recorded", at_once=True,
    ),
    Rule(
        "ignored-otherwise", _ASKS, "the record says why it was ignored, and it is none of the above",
        proven(lambda s: bool(set(s.ignored) - _POOL - {"no-subnet", "not-stored", "other-server"})),
        "its request was ignored: {ignored}", "pxeserve explain with its MAC says what it would get",
        "the reason's name is explained beside pxeserve events --ignored", "RFC 2131 section 4.3", at_once=True,
    ),
    Rule(
        "counted-ignored", _ASKS, "messages were ignored in the last hour",
        possible(lambda s: not s.ignored and bool(s.known.ignored)),
        "its requests may be among those that were ignored in the last hour ({counters})", "pxeserve events --ignored",
        "each reason says what it lacks", "RFC 2131 section 4.3",
    ),
    Rule(
        "answer-not-made", _ASKS, "nothing else explains it",
        possible(always),
        "the service was starting, stopping or overwhelmed as the machine asked",
        "the service's log at that second; the machine asks again by itself within a minute",
        "if it happens again: pxeserve status, then the log", "RFC 2131 section 4.1: clients repeat after 4, 8, 16 s",
    ),
    Rule(
        "taken-elsewhere", (Step.ASKS, Step.OFFERED), "server mode, and its REQUEST named another server",
        proven(lambda s: not s.proxy and bool(s.taken_from)),
        "it took the offer of another DHCP server, {server}",
        "the line of its REQUEST names that server; on the switch, look for the port of that server's MAC",
        'switch that server off or keep it off this network; where it must stay: [dhcp] mode = "proxy"',
        "RFC 2131 section 4.4.1: a client chooses among offers as it likes", at_once=True,
    ),
    Rule(
        "no-address-server", _OFFERED, "proxy mode, and no REQUEST of it was overheard",
        strongest(likely(lambda s: s.proxy and not s.taken_from and not s.known.others),
                  possible(lambda s: s.proxy and not s.taken_from)),
        "no DHCP server gave it an address: beside one pxeserve names boot files and lends nothing",
        "PXE-E52 on its screen is this (proxy offers came, no DHCP offer); a laptop at the same port gets no address either",
        'mend the network\'s DHCP server or its relay for this segment, or [dhcp] mode = "server" where there is none',
        "PXE 2.1 appendix, PXE-E52; section 2.2",
    ),
    Rule(
        "split-offer-ignored", _OFFERED, "proxy mode, two DISCOVERs or more, no REQUEST, nothing asked on port 4011",
        strongest(likely(lambda s: s.proxy and s.discovers >= 2 and not s.asked_us and not s.taken_from),
                  possible(lambda s: s.proxy and not s.asked_us)),
        "its ROM ignores an offer that is split between two servers ({vendor})",
        "PXE-E51 or E53 on its screen while the same network boots other makes; a newer firmware often mends it",
        'update the card\'s firmware; else name the boot file in the network\'s own DHCP server (pxeserve dhcp snippet), or [dhcp] mode = '
        '"server"', "bootimus#77, netboot#43, edk2#6944",
    ),
    Rule(
        "offer-lost-in-relay", _OFFERED, "the request came through a relay",
        likely(lambda s: bool(s.relay)),
        "the offer did not come back through the relay ({relay})",
        "capture UDP 67 on the relay's side: the offer goes to its address, and no copy leaves towards the machine",
        "let UDP 67 and 68 through in both directions between the relay and this server, and give this server a route to the relay",
        "RFC 2131 section 4.1; RFC 1542 section 4.1.2",
    ),
    Rule(
        "port-not-forwarding", _OFFERED, "it never took an offer",
        possible(always),
        "its switch port was not forwarding yet: spanning tree takes 30 s from link-up, and the firmware gives up before",
        "on the switch: the port's state in the first 30 s after link-up (listening, learning); the later DISCOVERs alone arrive",
        "portfast (edge port) on the machine's port; LACP ports need a fallback to single links",
        "IEEE 802.1D, forward delay 15 s twice; MAAS network guide, known bad configurations",
    ),
    Rule(
        "second-server", (Step.OFFERED, Step.ADDRESS), "other DHCP servers were seen on this network",
        likely(lambda s: not s.proxy and bool(s.known.others) and not s.taken_from and _untried(s)),
        "another DHCP server ({others}) answers too, and the machine follows that one",
        "PXE-E53 (no boot file) or E32 on its screen; pxeserve doctor names the server by address and card",
        'keep that server off this network, or [dhcp] mode = "proxy" beside it', "RFC 2131 section 4.4.1",
    ),
    Rule(
        "refused-address", (Step.ASKS, Step.OFFERED), "its REQUEST was refused by a NAK",
        proven(lambda s: bool(s.naks)),
        "the address it asked for was refused: {nak}", "the line of the refusal; the machine then asks anew from the beginning",
        "if it does not come to rest, remove the lease or reservation that stands in its way (pxeserve dhcp leases)",
        "RFC 2131 section 4.3.2",
    ),
    Rule(
        "address-in-use", (Step.ASKS, Step.OFFERED, Step.ADDRESS), "it declined its address",
        proven(lambda s: s.declined),
        "it found its address ({address}) in use by another machine", "arping -I INTERFACE {address} names the other machine's MAC",
        "take the address from that machine, or out of the range", "RFC 2131 section 3.1 step 5, RFC 5227", at_once=True,
    ),
    Rule(
        "no-4011", _ADDRESS, "proxy mode, UEFI, it took its address elsewhere and never asked port 4011",
        likely(lambda s: s.proxy and s.uefi and not s.asked_us),
        "it has its address from {server} and did not reach this server on port 4011, where UEFI asks for the boot file",
        "PXE-E55 or PXE-E16 on its screen; a capture on this server shows nothing on UDP 4011",
        "let UDP 4011 through to this server (firewall here, ACLs between the networks)", "PXE 2.1 section 2.2; PXE-E55; OVMF 2022.11 "
        "captured",
    ),
    Rule(
        "transfer-ports-closed", _ADDRESS, "its request for the loader came, and nothing we sent was acknowledged",
        proven(lambda s: any(one.by == "tftp" and one.outcome in ("timeout", "evicted") and not one.answered
                             for one in s.asked_for(File.LOADER))),
        "it asked for {file} and acknowledged nothing: the answers, from {tftp}, do not reach it",
        "{screen} on its screen; a capture at the machine's port shows its requests and no data",
        "let UDP from {tftp} out to machines and back in (firewall, NAT); or [tftp] single_port = true", "RFC 1350 section 4: data "
        "leaves from "
        "a port of its own; PXE-E32",
    ),
    Rule(
        "loader-missing", _ADDRESS, "the loader it asked for is not there",
        proven(lambda s: any(one.missed for one in s.asked_for(File.LOADER))),
        "it asked for {missed}, which is not here", "PXE-E3B on its screen (file not found)",
        "pxeserve loaders list shows what is here; pxeserve loaders import brings it; a DHCP server of yours may name an old path",
        "RFC 1350 appendix, error 1", at_once=True,
    ),
    Rule(
        "stalled-loader", _ADDRESS, "the loader began to come and stopped",
        proven(lambda s: any(one.answered and not one.whole and not one.probe and not one.missed and one.what is File.LOADER
                             for one in s.files)),
        "{file} stopped at {bytes} of {size} bytes (blocks of {blksize}, {resent} sent again)",
        "{screen} on its screen; at the very beginning of a file it is the packet size, later it is loss",
        "a block with its headers must fit the smallest MTU on the way: pxeserve doctor measures it; then the cable and the switch port",
        "RFC 2348; RFC 1350 section 2", at_once=False,
    ),
    Rule(
        "http-closed-for-loader", _ADDRESS, _HTTP + ", and nothing was asked for",
        likely(lambda s: s.http_boot and _untried(s)),
        "{http} does not reach the machine's requests", "its screen says that the connection timed out or was refused; from another "
        "machine of "
        "that network: curl http://ADDRESS/healthz at {http}",
        "let {http} through to this server", "UEFI specification section 24.7",
    ),
    Rule(
        "tftp-closed", _ADDRESS, "nothing was asked for by TFTP",
        strongest(likely(lambda s: not s.http_boot and _untried(s) and not (s.proxy and s.uefi and not s.asked_us)),
                  possible(lambda s: not s.http_boot and _untried(s))),
        "UDP 69 does not reach this server", "PXE-E32 (no answer) or PXE-E11 (no ARP answer) on its screen; from another machine of that "
        "network: tftp ADDRESS -c get pxelinux.0",
        "let UDP 69 through (firewall here, ACLs between the networks); for PXE-E11 look at the router and the netmask it was given",
        "RFC 1350 section 4; PXE-E32, PXE-E11",
    ),
    Rule(
        "asks-another-server", _ADDRESS, "nothing was asked for here",
        possible(lambda s: _untried(s)),
        "it asks another server for the file: the one that its address came from ({server})",
        "a capture on its port shows requests to UDP 69 of another address; PXE-E32 or E3B on its screen",
        "in that DHCP server leave next-server and the boot file out, or name this server (pxeserve dhcp snippet)",
        "RFC 2131 section 2, siaddr; RFC 2132 options 66 and 67",
    ),
    Rule(
        "boots-another-device", _ADDRESS, "nothing was asked for",
        possible(lambda s: _untried(s)),
        "its firmware went on to another boot device, or another card took over",
        "its screen after the address came; another MAC of this machine in pxeserve events",
        "put this card first in the boot order; name all its cards: pxeserve host set NAME --mac", "UEFI specification section 3.1",
    ),
    Rule(
        "firmware-says", _ADDRESS, "nothing else explains it", possible(always),
        "its firmware stopped with a message", "its screen: the codes that begin with PXE-E are in the PXE specification's appendix",
        "boot it once more and read it", "PXE 2.1, appendix on error codes",
    ),
)  # fmt: skip

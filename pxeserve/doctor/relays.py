"""Relay agents and other networks: requests that no subnet serves, relays that cannot be answered, servers that machines chose.

Read from what was recorded; nothing is sent. Sources: RFC 2131 section 4.1; RFC 3046 (option 82); RFC 1542 section 4.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.counted import last_hour
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.doctor.network import local_networks, way_to
from pxeserve.store import Store
from pxeserve.store import events as stored
from pxeserve.store import leases as stored_leases

_EVENTS = 5000
_DAY = 86_400.0

_UNSERVED = Fault(
    "unserved-relay",
    Grade.STOPS,
    "{count} requests in the last hour came from a network that no [[dhcp.subnet]] serves",
    "a relay agent says by its giaddr which network a machine is in; without a subnet that holds it nobody there gets an address",
    "add a [[dhcp.subnet]] for that network: tcpdump -ni {interface} udp port 67 shows the relay's address (giaddr)",
)
_UNSERVED_RELAY = Fault(
    "relay-outside",
    Grade.STOPS,
    "the relay {relay} lies in no [[dhcp.subnet]] any more",
    "machines behind it lose their addresses when their leases end",
    "give its network a [[dhcp.subnet]], or have the relay send elsewhere",
)
_UNREACHABLE = Fault(
    "relay-unreachable",
    Grade.STOPS,
    "there is no route to the relay {relay}: {why}",
    "answers go to the relay's address (giaddr), and none arrives",
    "ip route add {relay}/32 via ROUTER, and in the system's network configuration for good",
)
_NO_ANSWER = Fault(
    "relay-repeats",
    Grade.HARMS,
    "machines behind the relay {relay} ask again and again and never take what is offered ({offers} offers, no lease, in the last day)",
    "the offers do not arrive: a firewall or a route between here and there, or a relay that drops answers with an option 82 that it does "
    "not know",
    "tcpdump on the relay's side shows whether they come; on Cisco: ip dhcp relay information trust-all",
)
_CHOSEN = Fault(
    "several-servers-chosen",
    Grade.STOPS,
    "machines took addresses from {count} DHCP servers in the last day: {servers}",
    "beside a proxy exactly one may lend addresses; a machine that chose the wrong one has another network's router and names",
    "find and stop the one that does not belong: pxeserve doctor --only dhcp-servers names MAC and maker",
)


def look(around: Around) -> Seen:
    """Counters, leases, events."""
    store = around.store
    if store is None:
        yield Blind("the record is not at hand")
        return
    unserved = last_hour(store, around.now).get(("dhcp", "no-subnet"), 0)
    if unserved and around.config.dhcp.mode == "server":
        interface = around.networks[0].name if around.networks else "eth0"
        yield _UNSERVED.found("no-subnet", count=unserved, interface=interface)
    heard = _heard(store, around.now - _DAY)
    yield from _relays(around, store, heard)
    yield from _chosen(around, heard)


@dataclass(slots=True)
class _Heard:
    """What the record holds of relays and servers: MACs by the relay that they came through, MACs whose offer was taken or refused, offers
    by MAC, and the servers that were chosen."""

    asked: dict[IPv4Address, set[str]] = field(default_factory=dict)
    taken: set[str | None] = field(default_factory=set)
    offers: Counter[str | None] = field(default_factory=Counter)
    servers: set[str] = field(default_factory=set)


def _heard(store: Store, since: float) -> _Heard:
    found = _Heard()
    with store.events.read() as connection:
        wanted = stored.Wanted(kind="dhcp", from_time=since)
        for kind, mac, _, (relay, server) in stored.facts(connection, wanted, ("relay", "server"), _EVENTS):
            through = _giaddr(str(relay or ""))
            if through is not None and mac:
                found.asked.setdefault(through, set()).add(mac)
            if kind == "dhcp.offer":
                found.offers[mac] += 1
            elif kind in ("dhcp.ack", "dhcp.nak"):
                found.taken.add(mac)
            elif kind == "dhcp.request" and server:
                found.servers.add(str(server))
    return found


def _relays(around: Around, store: Store, heard: _Heard) -> Iterator[Finding]:
    """Every relay that was heard, or through which a lease was given."""
    if around.config.dhcp.mode != "server":
        return
    with store.leases.read() as connection:
        given = [lease for lease in stored_leases.listed(connection, around.now) if lease.relay]
    lent = {_giaddr(lease.relay) for lease in given}
    ours = local_networks(around.interfaces)
    for relay in sorted({one for one in lent | set(heard.asked) if one is not None}):
        if any(relay in network for network in ours):
            continue  # a trial of our own, or an agent on this very wire
        if not any(relay in subnet.network for subnet in around.config.dhcp.subnet):
            yield _UNSERVED_RELAY.found(str(relay), relay=relay)
        way = way_to(relay)
        if way.source is None:
            yield _UNREACHABLE.found(str(relay), relay=relay, why=way.why)
            continue
        macs = heard.asked.get(relay, set())
        offers = sum(heard.offers[mac] for mac in macs)
        if offers and not macs & heard.taken and relay not in lent:
            yield _NO_ANSWER.found(str(relay), relay=relay, offers=offers)


def _chosen(around: Around, heard: _Heard) -> Iterator[Finding]:
    """In proxy mode: option 54 of the REQUESTs that machines broadcast."""
    if around.config.dhcp.mode != "proxy":
        return
    servers = heard.servers - {str(network.address) for network in around.networks} | {"192.0.2.67"}  # which rehearsals name
    if len(servers) > 1:
        yield _CHOSEN.found("option 54", count=len(servers), servers=", ".join(sorted(servers)))


def _giaddr(relay: str) -> IPv4Address | None:
    try:
        return IPv4Address(relay.split()[0]) if relay else None
    except ValueError:
        return None


CHECK = Check(
    "relays",
    "relay agents (giaddr, option 82) whose networks are not served or cannot be answered, and the servers that machines chose",
    "RFC 2131 section 4.1; RFC 3046; RFC 1542 section 4.1",
    (_UNSERVED, _UNSERVED_RELAY, _UNREACHABLE, _NO_ANSWER, _CHOSEN),
    look,
    needs_state=True,
)

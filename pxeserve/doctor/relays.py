"""Relay agents and other networks: requests that no subnet serves, relays that cannot be answered, servers that machines chose.

Read from what was recorded; nothing is sent. Sources: RFC 2131 section 4.1; RFC 3046 (option 82); RFC 1542 section 4.1.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    with store.events.read() as connection:
        rows = stored.latest(connection, stored.Wanted(kind="dhcp", from_time=around.now - _DAY), _EVENTS)
    yield from _relays(around, store, rows)
    yield from _chosen(around, rows)


def _relays(around: Around, store: Store, rows: list[stored.EventRow]) -> Iterator[Finding]:
    """Every relay that was heard, or through which a lease was given."""
    if around.config.dhcp.mode != "server":
        return
    with store.leases.read() as connection:
        given = [lease for lease in stored_leases.listed(connection, around.now) if lease.relay]
    lent = {_giaddr(lease.relay) for lease in given}
    asked: dict[IPv4Address, set[str]] = {}
    for row in rows:
        relay = _giaddr(str((row.data or {}).get("relay", "")))
        if relay is not None and row.mac:
            asked.setdefault(relay, set()).add(row.mac)
    ours = local_networks(around.interfaces)
    offered = {row.mac for row in rows if row.kind == "dhcp.offer"}
    taken = {row.mac for row in rows if row.kind in ("dhcp.ack", "dhcp.nak")}
    for relay in sorted({one for one in lent | set(asked) if one is not None}):
        if any(relay in network for network in ours):
            continue  # a trial of our own, or an agent on this very wire
        if not any(relay in subnet.network for subnet in around.config.dhcp.subnet):
            yield _UNSERVED_RELAY.found(str(relay), relay=relay)
        way = way_to(relay)
        if way.source is None:
            yield _UNREACHABLE.found(str(relay), relay=relay, why=way.why)
            continue
        macs = asked.get(relay, set())
        if macs & offered and not macs & taken and relay not in lent:
            offers = len([row for row in rows if row.kind == "dhcp.offer" and row.mac in macs])
            yield _NO_ANSWER.found(str(relay), relay=relay, offers=offers)


def _chosen(around: Around, rows: list[stored.EventRow]) -> Iterator[Finding]:
    """In proxy mode: option 54 of the REQUESTs that machines broadcast."""
    if around.config.dhcp.mode != "proxy":
        return
    servers = {str(row.data["server"]) for row in rows if row.kind == "dhcp.request" and row.data and row.data.get("server")}
    servers -= {str(network.address) for network in around.networks} | {"192.0.2.67"}  # which rehearsals name
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

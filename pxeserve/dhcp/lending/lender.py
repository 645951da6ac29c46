"""Server mode: one message and a clock value in, one outcome out (RFC 2131 section 4.3).

Pure: the table of leases changes in memory, and the caller stores that before it lets a durable answer leave.
Refuses to know sockets, disks and who is armed for what.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address
from typing import NamedTuple

from pxeserve.dhcp.classify import Asker, Kind, classify
from pxeserve.dhcp.described import described
from pxeserve.dhcp.lending.lease import Claim, Denial
from pxeserve.dhcp.lending.leases import Leases
from pxeserve.dhcp.lending.limits import Admission, Strikes
from pxeserve.dhcp.lending.offers import Holder
from pxeserve.dhcp.lending.subnets import Networks, Subnet
from pxeserve.dhcp.lending.watermark import Watermarks
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.outcome import Boot, Booter, Note, Outcome, Reply, ignore, other_card, turned
from pxeserve.dhcp.packet import NONE, Message, Type
from pxeserve.dhcp.quirks.make import in_force
from pxeserve.dhcp.quirks.manner import Manner, Way
from pxeserve.dhcp.quirks.observed import Observed
from pxeserve.dhcp.reply import Terms, lending, refusal
from pxeserve.dhcp.route import Arrival, Local, route
from pxeserve.domain.crowd import Crowd

LEAST_REMAINDER = 60
"""A stored lease with this many seconds left is still worth telling a client about when nothing new can be stored."""

_SENTENCES = {
    Denial.WRONG_NETWORK: "address is not of this network",
    Denial.NOT_LENDABLE: "address is not lent here",
    Denial.RESERVED: "address is reserved for another host",
    Denial.HELD: "address is held by another client",
    Denial.NO_LEASE: "no such lease",
    Denial.RESERVATION_WAITS: "another address is reserved for this host",
    Denial.EXHAUSTED: "no address is free",
    Denial.KEPT: "the addresses left are kept for known hosts",
}
_UNPROVEN = frozenset({Denial.NO_LEASE, Denial.NOT_LENDABLE})
"""Denials that another server on the same wire, if there is one, may know better."""


class _Case(NamedTuple):
    """One message with what was found out about it."""

    message: Message
    arrival: Arrival
    asker: Asker
    holder: Holder
    server: IPv4Address
    host: str | None
    now: float
    told: bool


class Lender:
    """Answers DHCP clients with addresses. `authoritative` says that no other server lends addresses on these wires."""

    def __init__(self, networks: Networks, leases: Leases, booter: Booter, local: Local, *, authoritative: bool = True) -> None:
        self._networks = networks
        self._leases = leases
        self._booter = booter
        self._local = local
        self._authoritative = authoritative
        self._admission = Admission()
        self._strikes = Strikes()
        self._watermarks = Watermarks()
        self._crowd = Crowd()
        self._observed = Observed()
        self._handlers = {
            Type.DISCOVER: self._discover,
            Type.REQUEST: self._request,
            Type.DECLINE: self._decline,
            Type.RELEASE: self._release,
            Type.INFORM: self._inform,
        }

    def receive(self, message: Message, arrival: Arrival, now: float) -> Outcome:
        """What comes of `message`; `now` is epoch seconds."""
        handler = self._handlers.get(message.type)
        server = self._local.addresses.get(arrival.interface)
        if handler is None or server is None:
            return ignore("not-a-client-message" if handler is None else "no-such-interface")
        asker = classify(message)
        named = message.options.get(Code.HOST_NAME)
        hostname = named.decode("utf-8", "backslashreplace") if named else ""
        holder = Holder(message.mac, asker.client_id, hostname, _relay(message, asker))
        host = self._leases.host_of(message.mac)
        told = host is not None or self._crowd.admit(now)
        return handler(_Case(message, arrival, asker, holder, server, host, now, told))

    def _discover(self, case: _Case) -> Outcome:
        subnet = self._subnet(case)
        if subnet is None:
            return ignore("no-subnet", _heard(case) if case.host is not None else None)
        if not self._admitted(case, subnet):
            return ignore("too-many-new-clients")
        address = self._leases.offer(subnet, case.holder, case.message.address(Code.REQUESTED_ADDRESS), case.now)
        pool = self._leases.pool(subnet)
        alarms = self._watermarks.look(subnet.network, pool.used, pool.size, case.now, refused=isinstance(address, Denial))
        heard = _heard(case)
        if isinstance(address, Denial):
            return ignore(address.value, heard, alarms)
        reply, boot = self._lend(case, Type.OFFER, subnet, address, subnet.lease)
        watched = case.told and boot is not None and boot.file is not None  # firmware passes over an offer without a file, as it should
        change = self._observed.offering(case.message.mac, case.asker.make.server, case.now) if watched else None
        if change is not None:
            reply, boot = self._lend(case, Type.OFFER, subnet, address, subnet.lease)
        if boot is not None and (case.told or boot.host is not None):
            alarms += (*_refused(case, address, boot), *other_card(boot))
        alarms += turned(change, boot)
        return Outcome(reply, heard=heard, said=self._said(case, "offer", "offered {}", address, boot), alarms=alarms, untold=not case.told)

    def _request(self, case: _Case) -> Outcome:
        message = case.message
        claim, address = _claim(message)
        if case.asker.make.server:
            self._observed.took(message.mac, case.asker.make.server, case.now)
        subnet = self._subnet(case)
        if claim is Claim.SELECTING and message.options[Code.SERVER_ID] != case.server.packed:
            if subnet is not None:
                self._leases.withdraw(subnet, case.holder, case.now)
            return ignore("other-server", _heard(case, address, message.address(Code.SERVER_ID)))
        if subnet is None:
            return ignore("no-subnet")
        if address is None:
            return ignore("no-address")
        denial = self._leases.judge(subnet, case.holder, address, claim, case.now)
        if denial is None and claim is Claim.SELECTING and not self._admitted(case, subnet):
            return ignore("too-many-new-clients")
        if denial is not None:
            return self._deny(case, address, claim, denial)
        return self._acknowledge(case, subnet, address)

    def _acknowledge(self, case: _Case, subnet: Subnet, address: IPv4Address) -> Outcome:
        old = self._leases.held_by(case.holder, address, case.now)
        lease = self._leases.bind(subnet, case.holder, address, case.now)
        reply, boot = self._lend(case, Type.ACK, subnet, address, subnet.lease)
        left = int(min(old.expires, lease.expires) - case.now) if old else 0
        instead = self._lend(case, Type.ACK, subnet, address, left)[0] if left >= LEAST_REMAINDER else None
        said = self._said(case, "ack", f"lent {{}} for {subnet.lease} s", address, boot)
        return Outcome(reply, durable=True, instead=instead, heard=_heard(case, address), said=said, untold=not case.told)

    def _deny(self, case: _Case, address: IPv4Address, claim: Claim, denial: Denial) -> Outcome:
        if not self._authoritative and claim is not Claim.SELECTING and denial in _UNPROVEN:
            return ignore(denial.value, _heard(case, address))
        text = _SENTENCES[denial]
        message = refusal(case.message, case.server, text)
        said = Note("nak", f"refused {address}: {text}", address, case.host, data={"reason": denial.value, "claim": claim.value})
        return Outcome(self._reply(case, message), heard=_heard(case, address), said=said)

    def _decline(self, case: _Case) -> Outcome:
        address = case.message.address(Code.REQUESTED_ADDRESS)
        lease = self._leases.held_by(case.holder, address, case.now) if address else None
        if lease is None or case.message.address(Code.SERVER_ID) != case.server:
            return ignore("not-the-holder")
        if not self._strikes.allow(case.asker.mac, case.now):
            return ignore("too-many-declines")
        self._leases.decline(lease, case.now)
        text = f"declined {address}: another machine uses it; nobody gets it for 10 minutes"
        return Outcome(said=Note("decline", text, address, case.host), durable=True)

    def _release(self, case: _Case) -> Outcome:
        lease = self._leases.held_by(case.holder, case.message.ciaddr, case.now)
        if lease is None or case.message.address(Code.SERVER_ID) != case.server:
            return ignore("not-the-holder")
        self._leases.release(lease, case.now)
        return Outcome(said=Note("release", f"gave {lease.address} back", lease.address, case.host), durable=True)

    def _inform(self, case: _Case) -> Outcome:
        address = case.message.ciaddr
        subnet = self._subnet(case)
        if address == NONE:
            return ignore("no-address")
        if subnet is None or address not in subnet.network:
            return ignore("no-subnet")
        reply, boot = self._lend(case, Type.ACK, subnet, NONE, None)
        return Outcome(reply, said=self._said(case, "inform", "told {} about its network", address, boot), untold=not case.told)

    def _subnet(self, case: _Case) -> Subnet | None:
        return self._networks.of(case.message, case.asker.agent, case.arrival)

    def _admitted(self, case: _Case, subnet: Subnet) -> bool:
        """Whether a client may be served at all: hosts of the inventory and clients with an address always, new strangers too
        as long as there is room, and 30 a minute through one port once strangers hold half of what they may."""
        if case.host is not None or not self._leases.pool(subnet).crowded:
            return True
        if self._leases.current(subnet, case.holder, case.now) is not None:
            return True
        return self._admission.admit(case.holder.relay or case.arrival.interface, case.now)

    def _lend(self, case: _Case, kind: Type, subnet: Subnet, address: IPv4Address, seconds: int | None) -> tuple[Reply, Boot | None]:
        boot = None
        if case.asker.kind is not Kind.ORDINARY:
            boot = self._booter.boot(case.asker, case.message.xid, address if address != NONE else case.message.ciaddr, case.now)
        manner = self._way(case).manner if boot else Manner()
        terms = Terms(subnet, seconds, case.host, boot.name(case.server) if boot else None, manner)
        return self._reply(case, lending(case.message, case.asker, kind, case.server, address, terms)), boot

    def _way(self, case: _Case) -> Way:
        return self._observed.way(case.message.mac, case.asker.make.server)

    def _said(self, case: _Case, kind: str, text: str, address: IPv4Address, boot: Boot | None) -> Note | None:
        """`text` with the address in its braces. Of a stranger in a crowd nothing, unless it turns out to be a host's rehearsal."""
        if not case.told and (boot is None or boot.host is None):
            return None
        text = text.format(address)
        if boot is None or not boot.file:
            return Note(kind, text, address, case.host, boot)
        data = {"quirks": in_force(case.asker.make, self._way(case))}
        return Note(kind, f"{text}, boot file {boot.name(case.server)}", address, case.host, boot, data)

    def _reply(self, case: _Case, answer: Message) -> Reply:
        frames = case.arrival.interface in self._local.frames
        return Reply(answer, route(case.message, answer, case.arrival, self._local.ports, frames=frames), case.message.limit)


def _claim(message: Message) -> tuple[Claim, IPv4Address | None]:
    """On what grounds a REQUEST asks, and for which address (RFC 2131 section 4.3.2, table 4)."""
    requested = message.address(Code.REQUESTED_ADDRESS)
    ciaddr = None if message.ciaddr == NONE else message.ciaddr
    if Code.SERVER_ID in message.options:
        return Claim.SELECTING, requested or ciaddr
    return (Claim.RENEWING, ciaddr) if ciaddr else (Claim.INIT_REBOOT, requested)


def _relay(message: Message, asker: Asker) -> str:
    if message.giaddr == NONE:
        return ""
    return _through(message.giaddr, asker.agent.circuit)


@lru_cache(maxsize=1024)
def _through(giaddr: IPv4Address, circuit: bytes) -> str:
    return f"{giaddr} {circuit.hex()}".strip()


def _heard(case: _Case, address: IPv4Address | None = None, other: IPv4Address | None = None) -> Note | None:
    if not case.told:
        return None
    data = described(case.message, case.asker)
    if case.holder.relay:
        data["relay"] = case.holder.relay
    if case.asker.ipxe:
        data["user_class"] = "iPXE"
    if other is not None:
        data["server"] = str(other)
    kind = case.message.type.name.lower()
    text = f"asked for {address}" if address else "asked for an address"
    return Note(kind, text, address, case.host, data=data)


def _refused(case: _Case, address: IPv4Address, boot: Boot) -> tuple[Note, ...]:
    return (Note("refused", f"gets {address} and no boot file", address, case.host, boot),) if boot.refused else ()

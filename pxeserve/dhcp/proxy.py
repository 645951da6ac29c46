"""Proxy mode: boot files beside somebody else's DHCP server, which alone gives addresses (PXE 2.1 section 2.2).

On port 67 it answers the DISCOVERs of PXE firmware and overhears which address each machine takes; on port 4011 it answers
firmware that asks there. Silent towards everything else. Pure.
"""

from __future__ import annotations

from ipaddress import IPv4Address

from pxeserve.dhcp.classify import Asker, Kind, classify
from pxeserve.dhcp.described import described
from pxeserve.dhcp.options import Code
from pxeserve.dhcp.outcome import Boot, Booter, Note, Outcome, Reply, ignore, other_card, turned
from pxeserve.dhcp.packet import NONE, Message, Type
from pxeserve.dhcp.quirks.make import in_force
from pxeserve.dhcp.quirks.manner import Way as Telling
from pxeserve.dhcp.quirks.observed import Observed
from pxeserve.dhcp.reply import proxied
from pxeserve.dhcp.route import EVERYBODY, Arrival, Destination, Local, Way, route
from pxeserve.dhcp.twins import Strangers, Twins
from pxeserve.domain.crowd import Crowd

PXE_PORT = 4011


class Proxy:
    """Answers PXE firmware, and lends nothing."""

    def __init__(self, booter: Booter, local: Local) -> None:
        self._booter = booter
        self._local = local
        self._crowd = Crowd()
        self._observed = Observed()

    def receive(self, message: Message, arrival: Arrival, now: float) -> Outcome:
        """What comes of a message on port 67."""
        server = self._local.addresses.get(arrival.interface)
        if server is None:
            return ignore("no-such-interface")
        asker = classify(message)
        if message.type is Type.REQUEST:
            return self._overhear(message, asker, arrival, server, now)
        if message.type is not Type.DISCOVER:
            return ignore("not-for-a-proxy")
        return self._answer(message, asker, arrival, server, Type.OFFER, now)

    def twins(self, strangers: Strangers) -> Twins:
        """A short way for one wire's port 67, to be asked before `receive`; `strangers` is this proxy's booter."""
        return Twins(strangers, self._crowd, self._observed.turned, self._alike)

    def receive_pxe(self, message: Message, arrival: Arrival, now: float) -> Outcome:
        """What comes of a message on port 4011."""
        server = self._local.addresses.get(arrival.interface)
        if server is None:
            return ignore("no-such-interface")
        if message.type not in (Type.REQUEST, Type.INFORM):
            return ignore("not-for-4011")
        if message.address(Code.SERVER_ID) not in (None, server):
            return ignore("other-server")
        self._observed.asked(message.mac)
        return self._answer(message, classify(message), arrival, server, Type.ACK, now)

    def _answer(self, message: Message, asker: Asker, arrival: Arrival, server: IPv4Address, kind: Type, now: float) -> Outcome:
        if asker.kind is Kind.ORDINARY:
            return ignore("not-pxe")
        boot = self._booter.boot(asker, message.xid, message.ciaddr, now)
        told = boot.host is not None or self._crowd.admit(now)
        heard = _heard(message, asker, None) if told else None
        if boot.file is None:
            said, alarms = (_unanswered(boot), other_card(boot)) if told else (None, ())
            return Outcome(heard=heard, said=said, alarms=alarms, ignored="no-boot-file", untold=not told)
        offered = kind is Type.OFFER
        change = self._observed.offering(message.mac, asker.make.proxy, now) if told and offered else None
        way = self._observed.way(message.mac, asker.make.proxy)
        reply = self._reply(message, asker, arrival, server, kind, boot, way)
        if not told:
            return Outcome(reply, untold=True, alike=boot if offered and message.mac not in self._observed.turned else None)
        text = f"named boot file {boot.name(server)}" + (", to be asked for on port 4011" if offered and way.manner.split else "")
        said = Note(kind.name.lower(), text, asker.client.address, boot.host, boot, {"quirks": in_force(asker.make, way)})
        return Outcome(reply, heard=heard, said=said, alarms=(*other_card(boot), *turned(change, boot)))

    def _alike(self, message: Message, arrival: Arrival, boot: Boot) -> Reply:
        """The OFFER to `message` when `boot` was decided, in the usual way. Nothing comes of it."""
        asker = classify(message)
        return self._reply(message, asker, arrival, self._local.addresses[arrival.interface], Type.OFFER, boot, asker.make.proxy[0])

    def _reply(
        self, message: Message, asker: Asker, arrival: Arrival, server: IPv4Address, kind: Type, boot: Boot, way: Telling
    ) -> Reply:
        answer = proxied(message, asker, kind, server, boot.name(server), way.manner)
        if kind is Type.OFFER:
            destination = route(message, answer, arrival, self._local.ports, frames=False)
        else:
            destination = _back(message, arrival, self._local.ports.client)
        return Reply(answer, destination, message.limit)

    def _overhear(self, message: Message, asker: Asker, arrival: Arrival, server: IPv4Address, now: float) -> Outcome:
        """Option 50 of a REQUEST to another server tells which address the machine is about to have: evidence of who it is.

        Only what was broadcast on our own wire counts; anybody anywhere can send us what looks like a relay's. A rehearsal's own relay on
        this machine counts for the rehearsal's identity and nobody else's.
        """
        other, address = message.address(Code.SERVER_ID), message.address(Code.REQUESTED_ADDRESS)
        if other == server and asker.kind is not Kind.ORDINARY:  # quirk `request-too`
            self._observed.asked(message.mac)
            return self._answer(message, asker, arrival, server, Type.ACK, now)
        if asker.kind is not Kind.ORDINARY:
            self._observed.took(message.mac, asker.make.proxy, now)
        if other in (None, server) or address is None:
            return ignore("not-for-a-proxy", self._own_system(message, asker, arrival, address) if other is None else None)
        rehearsed = message.giaddr == server == arrival.source and self._booter.rehearses(message.mac)
        if not rehearsed and (message.giaddr != NONE or not arrival.was_broadcast):
            return ignore("overheard-from-afar")
        heard = _heard(message, asker, address, other) if asker.kind is not Kind.ORDINARY and self._crowd.admit(now) else None
        heard = heard or self._own_system(message, asker, arrival, address, other)
        return Outcome(heard=heard, ignored="other-server", sighted=address)

    def _own_system(
        self, message: Message, asker: Asker, arrival: Arrival, address: IPv4Address | None, other: IPv4Address | None = None
    ) -> Note | None:
        """The operating system of a host, asking for an address or for the one it had (INIT-REBOOT, RFC 2131 section 4.3.2): it has
        started. The record is told, as that says what an armed machine did instead. It proves nothing of who has the address."""
        if asker.kind is not Kind.ORDINARY or address is None or message.giaddr != NONE or not arrival.was_broadcast:
            return None
        host = self._booter.host_of(message.mac)
        if host is None:
            return None
        text = f"took {address} from {other}" if other is not None else f"asks for {address} again"
        return _heard(message, asker, address, other)._replace(kind="system", text=text, host=host)


def _unanswered(boot: Boot) -> Note | None:
    """What the record is told of a machine that gets no answer: always when it cannot be helped, else when it is one of ours."""
    if boot.refused:
        return Note("refused", "gets no boot file", host=boot.host, boot=boot)
    return Note("silent", f"left to its own disk: {boot.because[-1].text}", host=boot.host, boot=boot) if boot.host else None


def _back(message: Message, arrival: Arrival, client_port: int) -> Destination:
    """An answer from port 4011 goes back to where the question came from: UEFI asks from 4011, BIOS ROMs and iPXE from 68."""
    address = arrival.source if arrival.source != NONE else message.ciaddr
    if address == NONE:
        return Destination(Way.BROADCAST, EVERYBODY, client_port)
    return Destination(Way.ROUTED, address, arrival.port)


def _heard(message: Message, asker: Asker, address: IPv4Address | None, other: IPv4Address | None = None) -> Note:
    data = described(message, asker)
    if other is not None:
        data["server"] = str(other)
    text = f"took {address} from {other}" if address else "asked what to boot"
    return Note(message.type.name.lower(), text, address or asker.client.address, data=data)

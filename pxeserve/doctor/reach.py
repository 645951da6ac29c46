"""Asks this very server what machines ask, at the address that machines are told: an HTTP request and a TFTP request for nothing, and,
where it lends addresses, a DISCOVER as a relay agent passes it on.

The first two are answered by "there is no such thing", which is an answer. An offer is never taken. It travels through this machine alone,
so it shows that the service listens and speaks, not that a firewall lets others in. Sources: RFC 1350 section 5; RFC 9110 section 9.3.2;
RFC 8357 (answers to the port that a relay sent from).
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address

from pxeserve.dhcp.options import Code
from pxeserve.dhcp.packet import BOOTREPLY, BOOTREQUEST, Message, Type, encode, parse
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Finding, Grade
from pxeserve.doctor.probe import MARK, invented_mac

_SECONDS = 3.0
_MOST = 8
_OWN_PORT = b"\x01\x0fpxeserve-doctor\x13\x00"
"""Option 82: who passes it on, and that answers go to the port it was sent from."""

_RRQ = b"\0\1pxeserve-doctor\0octet\0"
_HEAD = "HEAD /pxeserve-doctor HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"

_HTTP = Fault(
    "http-silent",
    Grade.STOPS,
    "nothing answers HTTP at {address}:{port}: {why}",
    "GRUB, iPXE and every installer fetch from there",
    "look into the service's log for its child provision; pxeserve doctor --only ports names who holds the port",
)
_TFTP = Fault(
    "tftp-silent",
    Grade.STOPS,
    "nothing answers TFTP at {address}:{port}: {why}",
    "no boot loader leaves this server",
    "look into the service's log for its child tftp; pxeserve doctor --only ports,firewall names who is in the way",
)
_NOT_US = Fault(
    "http-other",
    Grade.STOPS,
    "somebody else answers HTTP at {address}:{port}: {why}",
    "installers get that server's answers",
    "pxeserve doctor --only ports names it",
)

_DHCP = Fault(
    "dhcp-silent",
    Grade.STOPS,
    "{address} answers no DISCOVER that comes as a relay agent's, for {network}",
    "either the DHCP process does not hear, or no address is free there",
    "pxeserve events shows what it did with the DISCOVER of {mac}; pxeserve dhcp leases shows who holds the addresses",
)


def look(around: Around) -> Seen:
    """Each address in turn."""
    if not around.serving:
        yield Blind("no service runs, so nobody is there to be asked", "pxeserve serve")
        return
    seconds = min(around.seconds, _SECONDS)
    for network in around.networks:
        if network.address is None:
            continue
        where = {"address": network.address, "port": around.config.http.port}
        said = http(network.address, around.config.http.port, seconds)
        if not said.startswith("HTTP/1."):
            yield _HTTP.found(f"{network.address}:{where['port']}", why=said, **where)
        elif " 404 " not in said:
            yield _NOT_US.found(f"{network.address}:{where['port']}", why=said, **where)
        port = around.config.tftp.port
        why = tftp(network.address, port, seconds)
        if why:
            yield _TFTP.found(f"{network.address}:{port}", address=network.address, port=port, why=why)
        yield from _offered(around, network.address, seconds)


def _offered(around: Around, address: IPv4Address, seconds: float) -> Iterator[Finding]:
    """In server mode, for each network that has addresses for strangers: whether one is offered."""
    if around.config.dhcp.mode != "server":
        return
    for subnet in around.config.dhcp.subnet:
        if address in subnet.network and subnet.all_ranges:
            mac = invented_mac()
            if not offer(address, around.config.dhcp.port, mac, seconds):
                yield _DHCP.found(f"{address}, {subnet.network}", address=address, network=subnet.network, mac=mac)


def offer(address: IPv4Address, port: int, mac: str, seconds: float) -> bool:
    """Whether a DISCOVER is answered. It comes from `address` itself, as rehearsals' do."""
    xid = secrets.randbits(32)
    options = {Code.MESSAGE_TYPE: bytes((Type.DISCOVER,)), Code.USER_CLASS: MARK, Code.RELAY_AGENT: _OWN_PORT}
    asked = encode(Message(BOOTREQUEST, xid, mac, options, hops=1, giaddr=address))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(seconds)
        try:
            sock.bind((str(address), 0))
            sock.connect((str(address), port))
            sock.send(asked)
            for _ in range(_MOST):
                told = parse(sock.recv(4096), BOOTREPLY)
                if isinstance(told, Message) and told.xid == xid and told.type is Type.OFFER:
                    return True
        except OSError:
            return False
    return False


def http(address: IPv4Address, port: int, seconds: float) -> str:
    """The first line of the answer, or why there is none."""
    try:
        with socket.create_connection((str(address), port), seconds) as sock:
            sock.sendall(_HEAD.format(host=address).encode())
            return sock.recv(512).split(b"\r\n", 1)[0].decode(errors="replace") or "the connection was closed without a word"
    except OSError as error:
        return str(error.strerror or error)


def tftp(address: IPv4Address, port: int, seconds: float) -> str:
    """Why there is no answer; empty when there is one, whatever it says."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(seconds)
        try:
            sock.sendto(_RRQ, (str(address), port))
            sock.recvfrom(600)
        except OSError as error:
            return str(error.strerror or f"no answer within {seconds:g} s")
    return ""


CHECK = Check(
    "reach",
    "HTTP, TFTP and DHCP of this server, asked at the address that machines are told",
    "RFC 1350 section 5; RFC 9110 section 9.3.2; RFC 8357",
    (_HTTP, _NOT_US, _TFTP, _DHCP),
    look,
    by_hand=True,
)

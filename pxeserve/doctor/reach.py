"""Asks this very server what machines ask, at the address that machines are told: an HTTP request and a TFTP request for nothing.

Both are answered by "there is no such thing", which is an answer. It travels through this machine alone, so it shows that the service
listens and speaks, not that a firewall lets others in. Sources: RFC 1350 section 5; RFC 9110 section 9.3.2 (HEAD).
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address

from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, Seen
from pxeserve.doctor.finding import Blind, Fault, Grade

_SECONDS = 3.0
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
    "HTTP and TFTP of this server, asked at the address that machines are told",
    "RFC 1350 section 5; RFC 9110 section 9.3.2",
    (_HTTP, _NOT_US, _TFTP),
    look,
    by_hand=True,
)

"""How the rehearsal's DHCP messages reach the server: as a relay agent's, straight to port 4011, or broadcast on a wire of its own."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address

from pxeserve.errors import PxeserveError
from pxeserve.rehearse.namespace import INTERFACE
from pxeserve.rehearse.plan import Plan

NOBODY = IPv4Address(0)


@dataclass(frozen=True, slots=True)
class Channel:
    """A socket and where to send. `relay` is the giaddr, or NOBODY; `agent` is option 82, or empty; `broadcast` is the flag that asks
    for answers to everybody (RFC 2131 section 4.1)."""

    sock: socket.socket
    to: tuple[str, int]
    relay: IPv4Address = NOBODY
    agent: bytes = b""
    broadcast: bool = False

    def close(self) -> None:
        """Give the port back."""
        self.sock.close()


PXE_PORT = 4011


def direct(plan: Plan, address: IPv4Address, port: int) -> Channel:
    """To port 4011, where firmware asks a proxy once it has an address (PXE 2.1 section 2.2.4), from `address` and `port`, or where
    that port cannot be had from any."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        try:
            sock.bind((str(address), port))
        except OSError:  # not root; or on loopback, where the server holds that port for every address
            sock.bind((str(address), 0))
        sock.connect((str(plan.server), PXE_PORT))
    except OSError as error:
        sock.close()
        raise PxeserveError(f"{address}: cannot be used as the rehearsal's own address: {error.strerror}") from None
    return Channel(sock, (str(plan.server), PXE_PORT))


def relayed(plan: Plan) -> Channel:
    """Through a relay agent that the rehearsal plays itself. Needs no privilege."""
    to = (str(plan.server), plan.dhcp_port)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind((str(plan.relay), 0))
        sock.connect(to)  # so that a closed port is told at once
    except OSError as error:
        sock.close()
        raise PxeserveError(f"{plan.relay}: cannot be used as the rehearsal's own address: {error.strerror}") from None
    return Channel(sock, to, plan.relay, _agent(plan))


def broadcast(plan: Plan) -> Channel:
    """As a machine without an address sends, on the interface of the rehearsal's own network namespace."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, INTERFACE.encode() + b"\0")
    sock.bind((str(NOBODY), plan.dhcp_port + 1))
    return Channel(sock, ("255.255.255.255", plan.dhcp_port), broadcast=True)


def _agent(plan: Plan) -> bytes:
    """Option 82: the port's name, the link that is meant (RFC 3527), and that answers go to the port they came from (RFC 8357)."""
    inside = plan.subnet is None or plan.relay in plan.subnet
    link = b"" if inside or plan.subnet is None else b"\x05\x04" + next(plan.subnet.hosts()).packed
    return b"\x01\x08rehearse" + link + b"\x13\x00"

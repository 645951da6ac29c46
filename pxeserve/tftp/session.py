"""A running transfer with what the server holds for it, and the table of all of them: by serial number, client, port, descriptor.

Opens nothing and decides nothing.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple, Protocol

from pxeserve.tftp.channel import Channel, from_address
from pxeserve.tftp.content import Content, Resolver
from pxeserve.tftp.options import Agreement
from pxeserve.tftp.packet import Address, Error, Request
from pxeserve.tftp.transfer import Transfer


@dataclass(frozen=True, slots=True)
class Gate:
    """One listening socket, bound and non-blocking, and what names mean there."""

    name: str
    socket: socket.socket
    resolver: Resolver

    def say(self, peer: Address, local: str, error: Error) -> None:
        """One ERROR from the listening port. If it is lost, the client asks again and hears it again."""
        Channel(self.socket, peer, from_address(local)).send(error.encode(), 512)


class Knock(NamedTuple):
    """A request: at which gate, from whom, to which address of ours, and the bytes it came as."""

    gate: Gate
    request: Request
    raw: bytes
    peer: Address
    local: str


@dataclass(frozen=True, slots=True)
class Way:
    """How one client is reached: `local` is our port towards it, `fd` the descriptor of a socket of its own, -1 when it has none."""

    channel: Channel
    local: Address
    fd: int = -1


@dataclass(slots=True, eq=False)
class Session:
    """`silent` until the client has answered; `queued` is the earliest moment at which the timer queue holds it."""

    serial: int
    knock: Knock
    content: Content
    agreement: Agreement
    transfer: Transfer
    way: Way
    silent: bool = True
    queued: float = inf
    channel: Channel = field(init=False)

    def __post_init__(self) -> None:
        self.channel = self.way.channel


class Sessions:
    """All sessions. A client's newest one stands for it."""

    def __init__(self) -> None:
        self.by_serial: dict[int, Session] = {}
        self.by_fd: dict[int, Session] = {}
        self._by_client: dict[tuple[str, Address], Session] = {}
        self._by_port: dict[Address, dict[Address, Session]] = {}

    def __len__(self) -> int:
        return len(self.by_serial)

    def add(self, session: Session) -> None:
        """One more."""
        knock, way = session.knock, session.way
        self.by_serial[session.serial] = session
        self._by_client[knock.local, knock.peer] = session
        if way.fd >= 0:
            self.by_fd[way.fd] = session
            self._by_port.setdefault(way.local, {})[knock.peer] = session

    def remove(self, session: Session) -> None:
        """One less."""
        knock, way = session.knock, session.way
        del self.by_serial[session.serial]
        if self._by_client.get((knock.local, knock.peer)) is session:
            del self._by_client[knock.local, knock.peer]
        if way.fd >= 0:
            del self.by_fd[way.fd]
            peers = self._by_port[way.local]
            del peers[knock.peer]
            if not peers:
                del self._by_port[way.local]

    def of_client(self, local: str, peer: Address) -> Session | None:
        """The newest session between our address `local` and `peer`."""
        return self._by_client.get((local, peer))

    def of_port(self, local: Address) -> dict[Address, Session]:
        """The sessions on one port of ours, by peer."""
        return self._by_port.get(local, {})


class Ways(Protocol):
    """Whoever opens the way to a client."""

    def open(self, knock: Knock, sessions: Sessions) -> Way:
        """A way to the client of `knock` that no session has yet. Raises OSError when there is none to be had."""
        ...

    def close(self, way: Way) -> None:
        """Give back what `way` holds."""
        ...

    def stray(self, way: Way, data: bytes, to: Address) -> None:
        """Send one datagram from our port of `way` to somebody else than its client."""
        ...

"""The ports of transfers: a connected socket for each, kept for later ones, and a guard beside it that hears strangers.

The kernel finds a connected socket by its peer, so that a transfer costs nothing to look up and nobody else's packets come in.
Opening one costs more than sending a small file, so they are used again. What a former client still sends is read and dropped: it
is either taken from an idle socket, or lies in it when the next client gets it, who cannot have sent anything there yet.
"""

from __future__ import annotations

import os
import select
import socket
from array import array

from pxeserve.tftp.channel import LARGEST, Channel
from pxeserve.tftp.packet import Address
from pxeserve.tftp.session import Knock, Sessions, Way

_TRIES = 16
_LEAST, _MOST = 64, 256
"""Idle sockets on one of our addresses: below the first number none is used again, so that ports stay hard to guess (RFC 1350
section 4); beyond the second they are closed."""

_MOST_QUEUED = 4096
"""More datagrams than a socket's buffer holds."""


class OwnPorts:
    """A socket for each transfer, and a guard for each port that has had one."""

    def __init__(self, ports: range, epoll: select.epoll) -> None:
        self._ports = ports
        self._epoll = epoll
        self._rolls = array("H")
        self._sockets: dict[int, socket.socket] = {}
        self._served: dict[int, Address] = {}
        self._idle: dict[str, list[Way]] = {}
        self._former: dict[tuple[Address, Address], Way] = {}
        self._guards: dict[Address, socket.socket] = {}
        self.guard_of: dict[int, Address] = {}

    def open(self, knock: Knock, sessions: Sessions) -> Way:
        """A random idle socket, or one on a random free port; when all are taken, a port that this client does not use."""
        idle = self._idle.setdefault(knock.local, [])
        if len(idle) >= _LEAST and (way := self._again(idle, knock, sessions)):
            return way
        for attempt in range(_TRIES):
            ours = Address(knock.local, self._ports[self._chosen(len(self._ports))])
            taken = sessions.of_port(ours)
            if knock.peer in taken or (taken and attempt < _TRIES // 2) or not self._guarded(ours):
                continue
            if former := self._former.get((ours, knock.peer)):
                self._idle[knock.local].remove(former)
                self._forget(former)
            sock = _bound(ours)
            try:
                sock.connect(knock.peer)
                self._epoll.register(sock, select.EPOLLIN)
            except OSError:
                sock.close()
                raise
            fd = sock.fileno()
            self._sockets[fd], self._served[fd] = sock, knock.peer
            return Way(Channel(sock), ours, fd)
        raise OSError(f"no free port found in {self._ports.start}-{self._ports.stop - 1}")

    def close(self, way: Way) -> None:
        """Keep the socket for another client. The guard stays in any case."""
        idle = self._idle.setdefault(way.local.host, [])
        self._former[way.local, self._served[way.fd]] = way
        if len(idle) < _MOST:
            idle.append(way)
        else:
            self._forget(way)

    def stray(self, way: Way, data: bytes, to: Address) -> None:
        """Through the guard."""
        Channel(self._guards[way.local], to).send(data, len(data))

    def receive_stray(self, ours: Address) -> tuple[bytes, Address]:
        """The next datagram of a stranger. Raises OSError."""
        data, addr = self._guards[ours].recvfrom(LARGEST)
        return data, Address(*addr)

    def late(self, fd: int) -> int:
        """Drop what a former client sent to an idle socket; how many datagrams."""
        sock = self._sockets.get(fd)
        return 0 if sock is None else _drained(sock)

    def end(self) -> None:
        """Close the guards and all sockets."""
        for sock in (*self._guards.values(), *self._sockets.values()):
            sock.close()

    def _chosen(self, among: int) -> int:
        """A number below `among` that nobody can guess; the system is asked for many at once."""
        if not self._rolls:
            self._rolls.frombytes(os.urandom(512))
        return self._rolls.pop() * among >> 16

    def _again(self, idle: list[Way], knock: Knock, sessions: Sessions) -> Way | None:
        """One of `idle` whose port the client has not had: two transfers of one client on one port could not be told apart."""
        place = self._chosen(len(idle))
        way = idle[place]
        if (way.local, knock.peer) in self._former or knock.peer in sessions.of_port(way.local):
            return None
        idle[place] = idle[-1]
        idle.pop()
        del self._former[way.local, self._served[way.fd]]
        sock = self._sockets[way.fd]
        try:
            sock.connect(knock.peer)
        except OSError:
            self._close(way)
            raise
        _drained(sock)
        way.channel.reset()
        self._served[way.fd] = knock.peer
        return way

    def _forget(self, way: Way) -> None:
        del self._former[way.local, self._served[way.fd]]
        self._close(way)

    def _close(self, way: Way) -> None:
        del self._served[way.fd]
        self._sockets.pop(way.fd).close()

    def _guarded(self, ours: Address) -> bool:
        if ours not in self._guards:
            try:
                guard = _bound(ours)
            except OSError:
                return False  # the port is somebody else's
            self._guards[ours] = guard
            self.guard_of[guard.fileno()] = ours
            self._epoll.register(guard, select.EPOLLIN)
        return True


def _drained(sock: socket.socket) -> int:
    """Read until there is nothing more; how many datagrams there were."""
    count = 0
    for _ in range(_MOST_QUEUED):
        try:
            sock.recv(LARGEST)
        except BlockingIOError:
            break
        except OSError:
            continue  # what the network had to say of the former client
        count += 1
    return count


def _bound(ours: Address) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(ours)
    except OSError:
        sock.close()
        raise
    return sock

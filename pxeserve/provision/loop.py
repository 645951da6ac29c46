"""The one loop that all connections share: who may connect, who is ready, whose time is up.

It refuses to know what is answered. A connection that only waits gives way to a newcomer when there are too many, so that many
slow or idle ones never shut a machine out.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence

from pxeserve.provision.connection import Connection
from pxeserve.provision.house import House
from pxeserve.provision.phase import CLOSED, HANDED, HEAD, LINGERING, SENDING, TURN

PER_ADDRESS = 64
IN_ALL = 1024
TICK = 1.0
_BACK_OFF = 0.1
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_ACCEPTS_A_TURN = 64
_WAITS = HEAD.interest
STOP_SECONDS = 10.0
_CROWD = 8
_BREATH = 0.001
"""While so many wait for room in their sockets, and find it, so many seconds pass between two turns: to wake for each alone costs a tenth
of all, and what their sockets hold lasts far longer."""
GRACE_SECONDS = 0.25


class Loop:
    """Serves the listening sockets `doors`. `clock` is monotonic; `house` answers; `relieve` is called when descriptors run out.

    `most` connections are open at once; further ones wait at the door.
    """

    def __init__(
        self,
        doors: Sequence[socket.socket],
        house: House,
        clock: Callable[[], float],
        relieve: Callable[[], None],
        most: int = IN_ALL,
    ) -> None:
        self.most = most
        self._doors = {door.fileno(): door for door in doors}
        self._house = house
        self._clock = clock
        self._relieve = relieve
        self._epoll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._connections: dict[int, Connection] = {}
        self._by_address: dict[str, dict[int, Connection]] = {}
        self._turns: list[Connection] = []
        self._back: deque[tuple[Connection, bool]] = deque()
        self._watched: dict[int, Callable[[], None]] = {}
        self._writers, self._pushed = 0, False
        self._accepting = False
        self._again_at = 0.0
        self._stopped_at: float | None = None
        self._ticked_at = clock()
        self._accept_again()

    def watch(self, descriptor: int, call: Callable[[], None]) -> None:
        """Call `call` from the loop whenever `descriptor` is readable."""
        self._watched[descriptor] = call
        self._epoll.register(descriptor, select.EPOLLIN)

    @property
    def connections(self) -> Collection[Connection]:
        """All that are open."""
        return self._connections.values()

    @property
    def finished(self) -> bool:
        """Whether `stop` was called and everything that ran has ended, or has had its 10 s."""
        if self._stopped_at is None:
            return False
        busy = [one for one in self._connections.values() if one.phase is not LINGERING]
        return not busy or self._clock() >= self._stopped_at + STOP_SECONDS

    def stop(self) -> None:
        """Let nobody in any more, and let go of who only waits."""
        if self._stopped_at is None:
            self._stopped_at = self._clock()
        self._stop_accepting()
        for connection in list(self._connections.values()):
            if connection.phase is HEAD:
                connection.close()
                self._settle(connection)

    def give_back(self, connection: Connection, whole: bool) -> None:
        """From any thread: what was handed over is done; `whole` says whether the response was sent to its end."""
        self._back.append((connection, whole))
        if not self._epoll.closed:
            os.eventfd_write(self._wake, 1)

    def step(self, timeout: float = TICK) -> None:
        """Wait up to `timeout` seconds for something to do, and do it."""
        if not self._accepting and self._stopped_at is None:
            timeout = min(timeout, _BACK_OFF)
        if self._pushed and self._writers >= _CROWD:
            time.sleep(_BREATH)
        self._pushed = False
        events = self._epoll.poll(timeout, 256)
        now = self._clock()
        for descriptor, _event in events:
            connection = self._connections.get(descriptor)
            if connection is not None:
                self._serve(connection, now)
            elif descriptor in self._doors:
                self._accept(self._doors[descriptor])
            elif descriptor == self._wake:
                os.eventfd_read(self._wake)
            elif descriptor in self._watched:
                self._watched[descriptor]()
        self._take_turns(now)
        self._take_back(now)
        if now - self._ticked_at >= TICK or now < self._ticked_at:
            self._ticked_at = now
            self._expire(now)
        if not self._accepting and now >= self._again_at:
            self._accept_again()

    def close(self) -> None:
        """Cut whatever is left."""
        now = self._clock()
        for connection in list(self._connections.values()):
            if connection.phase is not HANDED:
                connection.abort(now)
        self._epoll.close()
        os.close(self._wake)

    def _serve(self, connection: Connection, now: float) -> None:
        phase = connection.phase
        if phase is SENDING:
            self._pushed = True
            connection.writable(now)
        elif phase is not TURN:
            connection.readable(now)
        if connection.phase is TURN:
            self._turns.append(connection)
        else:
            self._moved(connection)

    def _take_turns(self, now: float) -> None:
        """Answer what has been read. Only now, so that the store is asked once for all, and a machine that is sent many is woken once."""
        if not self._turns:
            return
        turns, self._turns = self._turns, []
        self._house.turn(len(turns))
        for connection in turns:
            connection.advance(now)
            if connection.phase is not HEAD or connection.watched != _WAITS or self._stopped_at is not None:
                self._moved(connection)

    def _moved(self, connection: Connection) -> None:
        """Follow a connection to where it stands now; when the service is stopping, who only waits is let go."""
        self._settle(connection)
        if self._stopped_at is not None and connection.phase is HEAD:
            connection.close()
            self._settle(connection)

    def _settle(self, connection: Connection) -> None:
        """Make epoll and the tables follow the phase that a connection has reached."""
        watched, interest = connection.watched, connection.phase.interest
        if watched != interest:
            self._writers += (interest == select.EPOLLOUT) - (watched == select.EPOLLOUT)
            connection.watched = interest
        if connection.phase is CLOSED:
            return self._forget(connection)  # closing took it out of epoll
        if watched == interest:
            return None
        if not watched:
            self._epoll.register(connection.descriptor, interest)
        elif interest:
            self._epoll.modify(connection.descriptor, interest)
        else:
            self._epoll.unregister(connection.descriptor)
        return None

    def _forget(self, connection: Connection) -> None:
        if self._connections.pop(connection.descriptor, None) is None:
            return
        siblings = self._by_address[connection.peer]
        del siblings[connection.descriptor]
        if not siblings:
            del self._by_address[connection.peer]

    def _take_back(self, now: float) -> None:
        while self._back:
            connection, whole = self._back.popleft()
            connection.returned(now, whole=whole)
            self._settle(connection)

    def _expire(self, now: float) -> None:
        for connection in [one for one in self._connections.values() if now >= one.deadline]:
            connection.expire(now)
            self._settle(connection)

    def _accept(self, door: socket.socket) -> None:
        for _ in range(_ACCEPTS_A_TURN):
            now = self._clock()
            if len(self._connections) >= self.most and not self._evict(self._connections.values(), now):
                return self._back_off(now)
            try:
                sock, (peer, *_) = door.accept()
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._house.count("no-descriptors")
                    self._relieve()
                    self._evict(self._connections.values(), now)
                    return self._back_off(now)
                continue  # the newcomer has gone again (ECONNABORTED and the like, accept(2))
            self._admit(sock, peer, now)
        return None

    def _admit(self, sock: socket.socket, peer: str, now: float) -> None:
        siblings = self._by_address.get(peer, {})
        if len(siblings) >= PER_ADDRESS and not self._evict(siblings.values(), now):
            self._house.count("too-many-connections")
            sock.close()
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Connection(sock, peer, self._house, now)
        self._connections[connection.descriptor] = connection
        self._by_address.setdefault(peer, {})[connection.descriptor] = connection
        self._serve(connection, now)

    def _evict(self, among: Collection[Connection], now: float) -> bool:
        """Close the oldest connection that only waits; False when all are at work, or so new that their request may be under way."""
        oldest = next((one for one in among if one.phase is HEAD and now - one.since >= GRACE_SECONDS), None)
        if oldest is None:
            return False
        self._house.count("evicted")
        oldest.close()
        self._settle(oldest)
        return True

    def _back_off(self, now: float) -> None:
        self._stop_accepting()
        self._again_at = now + _BACK_OFF

    def _stop_accepting(self) -> None:
        if self._accepting:
            for descriptor in self._doors:
                self._epoll.unregister(descriptor)
        self._accepting = False

    def _accept_again(self) -> None:
        if self._stopped_at is None and not self._accepting:
            for descriptor in self._doors:
                self._epoll.register(descriptor, select.EPOLLIN)
            self._accepting = True

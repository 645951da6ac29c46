"""The TFTP process: one epoll loop between sockets and transfers. Knows nothing of files, machines or policy.

A transfer has a connected socket of its own, bound to the address that was asked and a port of `tftp.ports`, so that the kernel
finds it and keeps strangers out. Strangers reach a second, unconnected *guard* socket on the same port, kept from then on; it
lets the transfer answer them (RFC 1350 section 4) at no cost to its own packets. With `single_port` all goes through the
listening socket instead.
"""

from __future__ import annotations

import importlib
import select
import socket
import time
from collections.abc import Callable, Sequence
from math import inf

from pxeserve.config import Config
from pxeserve.events.recorder import SOCKET_NAME, TOGETHER, Recorder
from pxeserve.serving import Order, Serving
from pxeserve.tftp.admission import Quota
from pxeserve.tftp.channel import ANSWER, Channel, from_address, receive_with_destination, want_destination
from pxeserve.tftp.desk import Bounds, Desk
from pxeserve.tftp.machine import most_sessions, path_limit
from pxeserve.tftp.options import Limits
from pxeserve.tftp.outcome import Outcome
from pxeserve.tftp.packet import Address, Error, ErrorCode, Malformed, Request, parse
from pxeserve.tftp.ports import OwnPorts
from pxeserve.tftp.session import Gate, Knock, Sessions, Way

LISTEN_BUFFER = 4 << 20
"""SO_RCVBUF of the listening socket: a rack that powers on asks within one moment, and each lost RRQ costs its client a second."""

GRACE = 10.0
"""Seconds that running transfers are given when the service stops."""

_ANSWERS_ALL = frozenset({0, 7, 19, 53, 67, 69})
"""Source ports of servers that answer anything: answering them could make two servers talk for ever (CVE-2024-2169)."""

_BATCH = 64
"""Requests taken in one turn, so that a flood of them leaves the running transfers theirs."""

_TURN = 1.0
_FLUSH = 3.0


class _OnePort:
    """Everything through the listening socket: no stranger can be told from a new client there."""

    def open(self, knock: Knock, _sessions: Sessions) -> Way:
        """Nothing is opened."""
        channel = Channel(knock.gate.socket, knock.peer, from_address(knock.local))
        return Way(channel, Address(knock.local, knock.gate.socket.getsockname()[1]))

    def close(self, _way: Way) -> None:
        """Nothing was opened."""

    def stray(self, way: Way, data: bytes, _to: Address) -> None:
        """Never needed: sessions are found by their client."""


class TftpServer:
    """Serves what the gates' resolvers give. `clock` is monotonic seconds, `wall` epoch seconds."""

    def __init__(
        self,
        gates: Sequence[Gate],
        recorder: Recorder,
        *,
        ports: range,
        single_port: bool = False,
        bounds: Bounds | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._recorder = recorder
        self._clock = clock
        self._epoll = select.epoll()
        self._gates = {gate.socket.fileno(): gate for gate in gates}
        for fd, gate in self._gates.items():
            gate.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LISTEN_BUFFER)
            want_destination(gate.socket)
            self._epoll.register(fd, select.EPOLLIN)
        self._single_port = single_port
        self._own = OwnPorts(ports, self._epoll)
        self._desk = Desk(_OnePort() if single_port else self._own, recorder, bounds or Bounds(), wall)
        self._stop_at = inf

    def run(self, orders: socket.socket, ready: Callable[[], None], beat: Callable[[], None]) -> None:
        """Serve until the parent asks for the end and what runs has ended, or until the parent is gone."""
        self._epoll.register(orders, select.EPOLLIN)
        sessions, guards = self._desk.sessions, self._own.guard_of
        by_fd, poll = sessions.by_fd, self._epoll.poll
        ready()
        now = turn = flush = self._clock()
        due = now
        while self._stop_at == inf or (len(sessions) and now < self._stop_at):
            ready_now = poll(due - now if due > now else 0)
            now = self._clock()
            plain = True
            for fd, _ in ready_now:
                session = by_fd.get(fd)
                if session is not None:
                    # Done for each block of each transfer, so here and not elsewhere: all in flight is acknowledged, the next leaves.
                    try:
                        data = session.channel.receive(ANSWER)
                        packets = session.transfer.step(data, now)
                        if packets is not None:
                            session.channel.post(packets)
                            continue
                    except OSError as error:
                        self._desk.unheard(session, error, now)
                    else:
                        session.transfer.receive(data, session.transfer.peer, now)
                        self._desk.advance(session, now)
                elif fd in self._gates:
                    self._knocked(self._gates[fd])
                elif fd in guards:
                    self._strayed(guards[fd])
                elif fd == orders.fileno():
                    self._ordered(orders)
                elif late := self._own.late(fd):
                    self._recorder.count("late", late)
                plain = False
            if plain and now < due:  # nothing that the rest would have to do with
                continue
            now = self._clock()
            self._desk.on_timer(now)
            self._desk.post(now)
            self._recorder.hand_over()
            if now >= turn:
                turn = now + _TURN
                beat()
            if now >= flush:
                flush = now + _FLUSH
                self._recorder.flush()
            due = self._due(now)

    def close(self) -> None:
        """End what still runs and give the sockets back; the listening ones stay their owner's."""
        for session in list(self._desk.sessions.by_serial.values()):
            self._desk.end(session, Outcome.STOPPED, self._clock(), Error(ErrorCode.UNDEFINED, "The server is stopping"))
        self._own.end()
        self._epoll.close()
        self._recorder.flush()

    def _ordered(self, orders: socket.socket) -> None:
        order = orders.recv(16)
        if not order:
            self._stop_at = -inf
        elif Order.STOP.encode() in order:
            self._desk.closed = True
            self._stop_at = min(self._stop_at, self._clock() + GRACE)

    def _due(self, now: float) -> float:
        """Until when nothing needs to be done unless something comes."""
        longest = now + (TOGETHER if self._recorder.waiting else _TURN)
        due = self._desk.next_timer()
        return longest if due is None else min(longest, due)

    def _strayed(self, ours: Address) -> None:
        """A packet for a transfer's port that is not from its client: the transfer says so to the stranger."""
        try:
            data, addr = self._own.receive_stray(ours)
        except OSError:
            return
        session = next(iter(self._desk.sessions.of_port(ours).values()), None)
        if session is None or addr.port in _ANSWERS_ALL:
            self._recorder.count("late" if session is None else "source-port")
            return
        now = self._clock()
        session.transfer.receive(data, addr, now)
        self._desk.advance(session, now)

    def _knocked(self, gate: Gate) -> None:
        """Take what waits at a gate, then answer it: what the answers rest on is looked at once for all, and so only now."""
        knocks: list[Knock] = []
        for _ in range(_BATCH):
            try:
                data, peer, local = receive_with_destination(gate.socket)
            except BlockingIOError:
                break
            except OSError:
                self._recorder.count("receive-failed")
                break
            if peer.port in _ANSWERS_ALL:
                self._recorder.count("source-port")
            elif local is None:
                self._recorder.count("broadcast")
            elif (knock := self._received(gate, data, peer, local)) is not None:
                knocks.append(knock)
                if self._single_port:  # there, what comes next may be for the transfer that this begins
                    break
        if knocks:
            self._desk.requests(knocks, self._clock())

    def _received(self, gate: Gate, data: bytes, peer: Address, local: str) -> Knock | None:
        """The request in a datagram; what is none is dealt with here."""
        if data[:2] not in (b"\0\1", b"\0\2"):
            now = self._clock()
            running = self._desk.sessions.of_client(local, peer) if self._single_port else None
            if running is not None:
                running.transfer.receive(data, peer, now)
                self._desk.advance(running, now)
                return None
        try:
            packet = parse(data)
        except Malformed as malformed:
            self._recorder.count(malformed.reason)
            if malformed.answerable:
                self._desk.reply(gate, peer, local, Error(ErrorCode.ILLEGAL_OPERATION, "Illegal TFTP operation"), self._clock())
            return None
        if isinstance(packet, Request):
            return Knock(gate, packet, data, peer, local)
        self._recorder.count("no-request")
        if not isinstance(packet, Error):
            code = ErrorCode.UNKNOWN_TID if self._single_port else ErrorCode.ILLEGAL_OPERATION
            self._desk.reply(gate, peer, local, Error(code, "Only requests are taken here"), self._clock())
        return None


def preload(config: Config) -> None:
    """Load what `serve` needs while it can be read: the service's user may not be able to."""
    del config  # all of it, whatever is configured
    importlib.import_module("pxeserve.handout.source")
    importlib.import_module("pxeserve.tftp.source")


def serve(serving: Serving) -> None:
    """The child `tftp`: one gate for each network that is served."""
    from pxeserve.handout.source import Source as Names
    from pxeserve.store import open_store
    from pxeserve.tftp.source import Source

    config = serving.config
    recorder = Recorder(config.server.data / "run" / SOCKET_NAME, "tftp", by_turns=True)
    store = open_store(config.server.data)
    gates = [
        Gate(listener.interface, sock, Source(Names(config, store, recorder, listener.address)))
        for listener in serving.listeners
        if (sock := serving.sockets.get(f"tftp:{listener.interface}")) is not None
    ]
    ports = config.tftp.port_range
    limits = Limits(blksize=path_limit(gate.name for gate in gates))
    bounds = Bounds(limits, Quota(overall=most_sessions(len(ports) * len(gates))))
    server = TftpServer(gates, recorder, ports=ports, single_port=config.tftp.single_port, bounds=bounds)
    try:
        server.run(serving.orders, serving.ready, serving.beat)
    finally:
        server.close()
        recorder.close()
        store.close()

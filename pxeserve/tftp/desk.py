"""Takes requests, begins transfers, moves them on and sees them to their end, with one event each. Opens no socket and waits for nothing.

Every request is checked in this order: is it a repetition, is there room, may its source ask at all, what does its name mean.
Only then does a silent session give way, so that asking for what does not exist pushes nobody out. What cannot be answered yet waits
in line until a session of its source has answered or ended, or time has brought a token.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address
from math import inf

from pxeserve.events.recorder import Recorder
from pxeserve.tftp import blocks, reading
from pxeserve.tftp.admission import Buckets, Full, Line, Quota, Room
from pxeserve.tftp.channel import ANSWER
from pxeserve.tftp.content import Content, Refusal
from pxeserve.tftp.options import Agreement, Limits, negotiate
from pxeserve.tftp.outcome import Ended, Outcome
from pxeserve.tftp.packet import Address, Error, ErrorCode, Mode, Opcode
from pxeserve.tftp.session import Gate, Knock, Session, Sessions, Ways
from pxeserve.tftp.telling import Telling
from pxeserve.tftp.transfer import Transfer

_LATE = 1.0
"""A request that is repeated this soon after its transfer last moved on was late on the wire; later, the client has begun anew."""

_LOOK = 0.05
"""How often the line is looked at, in seconds: in that time a source without tokens gets one."""

_address = lru_cache(maxsize=4096)(IPv4Address)
_READ_ONLY = Refusal(ErrorCode.ACCESS_VIOLATION, "Access violation: this server gives files and takes none", "read-only")


@dataclass(frozen=True, slots=True)
class Bounds:
    """All that is limited: what is granted to a client, and how many clients there may be."""

    limits: Limits = field(default_factory=Limits)
    quota: Quota = field(default_factory=Quota)


class Desk:
    """All transfers of this process. `now` is monotonic seconds everywhere; `wall` gives epoch seconds."""

    def __init__(self, ways: Ways, recorder: Recorder, bounds: Bounds, wall: Callable[[], float]) -> None:
        self._ways = ways
        self._recorder = recorder
        self._limits = bounds.limits
        self._wall = wall
        self._room: Room[Session] = Room(bounds.quota)
        self._buckets = Buckets(bounds.quota)
        self._line: Line[tuple[str, Address], Knock] = Line(bounds.quota)
        self._look = inf
        self._admitting = False
        self._cache = blocks.PacketCache()
        self._telling = Telling(recorder)
        self._timers: list[tuple[float, int]] = []
        self._serials = itertools.count()
        self._outbox: list[tuple[Session, bytes | memoryview, int]] = []
        self.sessions = Sessions()
        self.closed = False
        """Set when no more requests are to be taken."""

    def next_timer(self) -> float | None:
        """When `on_timer` wants to be called."""
        due = min(self._timers[0][0], self._look) if self._timers else self._look
        return None if due == inf else due

    def on_timer(self, now: float) -> None:
        """Call the timers that are due. A session's deadline moves with each ACK, its place in the queue only when it comes up."""
        while self._timers and self._timers[0][0] <= now:
            due, serial = heapq.heappop(self._timers)
            session = self.sessions.by_serial.get(serial)
            if session is not None and session.queued == due:
                due = session.transfer.next_timer() or now
                if due > now:
                    session.queued = due
                    heapq.heappush(self._timers, (due, serial))
                    continue
                session.queued = inf
                session.transfer.on_timer(now)
                self.advance(session, now)
        if self._look <= now:
            self._look_at_the_line(now)

    def requests(self, knocks: Sequence[Knock], now: float) -> None:
        """Answer those that came together through one gate, from one look at what their names mean."""
        with knocks[0].gate.resolver.still() if len(knocks) > 1 else nullcontext():
            for knock in knocks:
                self.request(knock, now)

    def request(self, knock: Knock, now: float) -> None:
        """Answer an RRQ or WRQ."""
        running = self.sessions.of_client(knock.local, knock.peer)
        if running is not None and running.way.fd >= 0 and running.transfer.began < now:
            self.hear(running, now)  # its last ACK may have come just before: then its client has begun anew
            running = self.sessions.of_client(knock.local, knock.peer)
        if running is not None and self._repeated(running, knock, now):
            self._recorder.count("repeated-request")
            return
        if self.closed:
            self._recorder.count("stopping")
            return
        source, key = knock.peer.host, (knock.local, knock.peer)
        if self._admitted(knock, now):
            self._line.drop(source, key)
            return
        if dropped := self._line.put(source, key, knock, now):
            self._recorder.count("limited", dropped)
        self._look = min(self._look, now + _LOOK)

    def hear(self, session: Session, now: float) -> None:
        """Take what lies in a session's own socket, the long way."""
        try:
            data = session.channel.receive(ANSWER)
        except OSError as error:
            self.unheard(session, error, now)
            return
        session.transfer.receive(data, session.transfer.peer, now)
        self.advance(session, now)

    def unheard(self, session: Session, error: OSError, now: float) -> None:
        """Note what a session's own socket said instead of a datagram. That there is none is nothing."""
        if isinstance(error, ConnectionRefusedError):
            session.transfer.peer_closed()
        elif not isinstance(error, BlockingIOError):
            self._recorder.count("receive-failed")
        self.advance(session, now)

    def reply(self, gate: Gate, peer: Address, local: str, error: Error, now: float) -> None:
        """Answer what is no request, as long as its source does not ask for too many answers."""
        if self._buckets.take(peer.host, now):
            gate.say(peer, local, error)

    def advance(self, session: Session, now: float) -> None:
        """Send what the transfer has to send, and note what became of it. To be called after everything that touches it."""
        transfer = session.transfer
        ended = transfer.ended
        for burst in transfer.outgoing(now):
            if burst.address is not transfer.peer:
                self._ways.stray(session.way, bytes(burst.data), burst.address)
                continue
            if ended:
                self._send(session, burst.data, burst.segment)
            else:
                self._outbox.append((session, burst.data, burst.segment))
        if session.silent and transfer.answered:
            session.silent = False
            self._room.answered(session)
            self._buckets.give_back(transfer.peer.host)
            self._admit_more(transfer.peer.host, now)
        for event in transfer.events():
            if isinstance(event, Ended):
                self._finish(session, event, now)
            else:
                self._recorder.count(event.reason)
        if ended:
            return
        deadline = transfer.next_timer()
        if deadline is not None and deadline < session.queued:
            session.queued = deadline
            heapq.heappush(self._timers, (deadline, session.serial))

    def post(self, now: float) -> None:
        """Send what one turn brought forth, all together: a client on the same machine, or a network card, is then woken once.

        A session that has ended since sends nothing more; its socket may be another client's by now.
        """
        while self._outbox:
            outbox, self._outbox = self._outbox, []
            for session, data, segment in outbox:
                if session.transfer.ended:
                    continue
                self._send(session, data, segment)
                if session.transfer.ended:
                    self.advance(session, now)

    def _send(self, session: Session, data: bytes | memoryview, segment: int) -> None:
        try:
            if not session.channel.send(data, segment):
                self._recorder.count("send-failed")
        except ConnectionRefusedError:
            session.transfer.peer_closed()

    def end(self, session: Session, outcome: Outcome, now: float, error: Error | None = None) -> None:
        """End a session from our side."""
        session.transfer.end(outcome, error)
        self.advance(session, now)

    def _admitted(self, knock: Knock, now: float) -> bool:
        """Answer `knock`, if it may be answered now."""
        source = knock.peer.host
        try:
            victim = self._victim(source, now)
        except Full:
            return False
        if not self._buckets.take(source, now):
            return False
        running = self.sessions.of_client(knock.local, knock.peer)
        if running is not None and running.way.fd < 0:
            self.end(running, Outcome.SUPERSEDED, now)
        if knock.request.opcode is Opcode.WRQ:
            self._refuse(knock, _READ_ONLY)
            return True
        answer = self._resolve(knock)
        if isinstance(answer, Refusal):
            self._refuse(knock, answer)
            return True
        if victim is not None and not victim.transfer.ended:
            self.end(victim, Outcome.EVICTED, now)
        self._begin(knock, answer, now)
        return True

    def _victim(self, source: str, now: float) -> Session | None:
        """See `Room.victim`. It is heard first: this process may not have looked for longer than clients are given to answer."""
        while (victim := self._room.victim(source, now)) is not None and victim.way.fd >= 0:
            self.hear(victim, now)
            if victim.silent and not victim.transfer.ended:
                break
        return victim

    def _admit_more(self, source: str, now: float) -> None:
        """Answer those of `source` in line, the newest first, as far as they may be."""
        if source not in self._line or self._admitting or self.closed:
            return
        self._admitting = True
        try:
            while (found := self._line.newest(source)) is not None and self._admitted(found[1], now):
                self._line.drop(source, found[0])
        finally:
            self._admitting = False

    def _look_at_the_line(self, now: float) -> None:
        if dropped := self._line.expire(now):
            self._recorder.count("limited", dropped)
        for source in self._line.sources():
            self._admit_more(source, now)
        self._look = now + _LOOK if len(self._line) else inf

    def _repeated(self, running: Session, knock: Knock, now: float) -> bool:
        transfer = running.transfer
        return running.knock.raw == knock.raw and (not transfer.answered or now - transfer.progressed_at < _LATE)

    def _resolve(self, knock: Knock) -> Content | Refusal:
        try:
            return knock.gate.resolver.resolve(knock.request.file, _address(knock.peer.host), self._wall())
        except Exception as error:  # noqa: BLE001 - one name's trouble must not end everybody's transfers
            self._telling.trouble(knock, "could not be looked up", error, self._wall())
            return Refusal(ErrorCode.UNDEFINED, "Server trouble; see its events", "trouble")

    def _refuse(self, knock: Knock, refusal: Refusal) -> None:
        knock.gate.say(knock.peer, knock.local, Error(refusal.code, refusal.message))
        self._telling.refused(knock, refusal, self._wall())

    def _begin(self, knock: Knock, content: Content, now: float) -> None:
        agreement = negotiate(knock.request.options, knock.request.mode, content.size, self._limits)
        try:
            cut = self._blocks(knock, content, agreement)
            way = self._ways.open(knock, self.sessions)
        except blocks.ContentLost as lost:
            reading.close(content)
            who = (content.session, content.mac, content.host, content.install)
            self._refuse(knock, Refusal(ErrorCode.UNDEFINED, f"File trouble: {lost}", content.rule, *who))
            return
        except OSError as error:
            reading.close(content)
            self._telling.trouble(knock, "has no way to its client", error, self._wall())
            return
        transfer = Transfer(cut, agreement, knock.peer, now)
        session = Session(next(self._serials), knock, content, agreement, transfer, way)
        self.sessions.add(session)
        self._room.enter(session, knock.peer.host, now)
        self.advance(session, now)

    def _blocks(self, knock: Knock, content: Content, agreement: Agreement) -> blocks.Blocks:
        read, blksize, rollover = reading.reader(content), agreement.blksize, agreement.rollover
        if knock.request.mode is Mode.NETASCII:
            return blocks.Blocks(blocks.netascii(read, content.size, blksize, rollover, agreement.windowsize), blksize)
        return blocks.Blocks(blocks.octet(read, content.size, blksize, rollover, content.key, self._cache), blksize)

    def _finish(self, session: Session, ended: Ended, now: float) -> None:
        self.sessions.remove(session)
        self._room.leave(session, session.knock.peer.host)
        self._ways.close(session.way)
        content = session.content
        reading.close(content)
        if ended.outcome is Outcome.DONE and content.delivered is not None:
            try:
                content.delivered()
            except Exception as error:  # noqa: BLE001 - the file is with its client; what follows from that failed here
                self._telling.trouble(session.knock, "was delivered, but what should follow from that failed", error, self._wall())
        self._telling.ended(session, ended, now, self._wall())
        self._admit_more(session.knock.peer.host, now)

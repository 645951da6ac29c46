"""One machine's connection: reads heads, sends answers a slice at a time, and ends in time. Decides nothing about what is answered.

It never waits itself; the loop asks `interest` and calls back.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

from pxeserve.provision import reply
from pxeserve.provision.address import PREFIX
from pxeserve.provision.bodies import MAX_BODY, refused
from pxeserve.provision.head import MAX_HEAD, BadRequest, Incomplete, Request, parse
from pxeserve.provision.house import House
from pxeserve.provision.phase import (
    BODY,
    CLOSED,
    HANDED,
    HEAD,
    HEAD_SECONDS,
    IDLE_SECONDS,
    LINGER_SECONDS,
    LINGERING,
    SENDING,
    STALL_SECONDS,
    TURN,
    Phase,
)
from pxeserve.provision.responses import FileReply, ShortReply

SLICE = 2 << 20
"""Most file bytes sent to one connection before the others have their turn. A socket holds little more, and each slice costs a wake-up."""

_RESET = struct.pack("ii", 1, 0)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_READ = 4096
_FILES = (PREFIX, "/b/", "/m/", "/f/", "/i/")


@dataclass(slots=True)
class _Sending:
    """A response on its way: what is left of `head`, then the file from `start` on."""

    head: memoryview
    answer: FileReply | ShortReply | None
    keep: bool
    began: float
    start: int = 0
    coalesced: int = 0


class Connection:
    """The conversation with `peer` over `sock` (non-blocking). Times are monotonic seconds.

    `descriptor` names it in tables even when it is closed; `since` is when it began to wait for the request at hand; `idle` when it
    waits for a further one of which nothing has come; `watched` what the loop has the kernel watch for.
    """

    __slots__ = (
        "_buffer", "_house", "_long", "_request", "_sending", "deadline", "descriptor", "idle", "peer", "phase", "since", "sock", "watched",
    )  # fmt: skip

    def __init__(self, sock: socket.socket, peer: str, house: House, now: float) -> None:
        self.sock = sock
        self.descriptor = sock.fileno()
        self.peer = peer
        self.since = now
        self.phase: Phase = HEAD
        self.idle = False
        self.watched = 0
        self.deadline = now + HEAD_SECONDS
        self._house = house
        self._buffer = b""
        self._request: Request | None = None
        self._sending: _Sending | None = None
        self._long = False

    def readable(self, now: float) -> None:
        """Read what is there; it is acted upon in its turn, when all that came in the same moment has been read."""
        try:
            data = self.sock.recv(_READ)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return self.abort(now)
        if not data:
            return self.close()
        if self.phase is LINGERING:
            return None
        self._buffer = self._buffer + data if self._buffer else data
        if self.idle:
            self.idle, self.deadline = False, now + HEAD_SECONDS
        self.phase = TURN
        return None

    def writable(self, now: float) -> None:
        """Send the next slice."""
        self._push(now)

    def expire(self, now: float) -> None:
        """The deadline has passed: end as the phase demands."""
        if self.phase is SENDING:
            self._house.count("stalled")
            self.abort(now)
        elif self.phase in (HEAD, BODY) and not self.idle:
            self._house.count("slow-request")
            self._refuse(408, now)
        elif self.phase is not HANDED:
            self.close()

    def returned(self, now: float, *, whole: bool) -> None:
        """The thread is done with it; not `whole`: what was sent must not look complete."""
        if whole:
            self._linger(now)
        else:
            self.abort(now)

    def abort(self, now: float) -> None:
        """Reset the connection, so that nobody takes what was sent for all there is."""
        self._end_sending(now, whole=False)
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        finally:
            self.close()

    def close(self) -> None:
        """Close it; what the kernel has taken is still delivered."""
        self.phase = CLOSED
        self.sock.close()
        if self._long:
            self._long = False
            self._house.bodies.give_back(self.peer)

    def advance(self, now: float) -> None:
        """Take the turn with what has been read."""
        if self._request is None:
            again = self._house.again(self._buffer)
            if again is not None:
                self._buffer = b""
                return self._at_once(again, now)
            found = parse(self._buffer[: MAX_HEAD + 16], self._house.own)
            if isinstance(found, Incomplete):
                self.phase = HEAD
                return None
            if isinstance(found, BadRequest):
                self._house.count(f"bad-request-{found.reason}")
                return self._refuse(found.status, now)
            status = refused(found)
            if status:
                self._house.count(f"refused-{status}")
                return self._refuse(status, now, found)
            if found.length > MAX_BODY and not self._room():
                self._house.count("busy")
                return self._refuse(503, now, found)
            self._request = found
            self._continue(found, now)
        request = self._request
        whole = request.size + request.length
        if len(self._buffer) < whole:
            self.phase = BODY
            return None
        raw, self._buffer = self._buffer[:whole], self._buffer[whole:]
        self._request = None
        return self._answer(request, raw, now)

    def _room(self) -> bool:
        """Whether there is room for a long body; it is this connection's until it is closed."""
        self._long = self._long or self._house.bodies.take(self.peer)
        return self._long

    def _continue(self, request: Request, now: float) -> None:
        """A body is to come: give it its own time, and say so to who waits to be asked (RFC 9110 section 10.1.1)."""
        if len(self._buffer) >= request.size + request.length:
            return
        self.deadline = now + STALL_SECONDS
        if request.minor and (request.header("expect") or "").lower() == "100-continue":
            try:
                self.sock.send(_CONTINUE)
            except OSError:
                self._house.count("hung-up")

    def _answer(self, request: Request, raw: bytes, now: float) -> None:
        if request.method in ("GET", "HEAD") and request.path.startswith(_FILES):
            answer = self._house.media(request, keep=request.keep_alive)
            if isinstance(answer, FileReply):
                self._house.remember(raw, request, answer)
                coalesced = answer.length if answer.lent is None else 0
                return self._send(_Sending(memoryview(answer.head), answer, request.keep_alive, now, answer.start, coalesced), now)
            if isinstance(answer, ShortReply):
                keep = request.keep_alive and answer.status != 503
                return self._send(_Sending(memoryview(answer.content), answer, keep, now), now)
        self.phase = HANDED
        if self._house.hand_over(self, request, raw[request.size :]):
            return None
        self._house.count("busy")
        return self._refuse(503, now, request)

    def _refuse(self, status: int, now: float, request: Request | None = None) -> None:
        fields = {405: "Allow: GET, HEAD\r\n", 503: "Retry-After: 1\r\n"}.get(status, "")
        body = request is None or request.method != "HEAD"
        content = reply.short(status, self._house.wall(), keep=False, body=body, fields=fields)
        self._send(_Sending(memoryview(content), None, keep=False, began=now), now)

    def _send(self, sending: _Sending, now: float) -> None:
        self._sending = sending
        self.phase = SENDING
        self.deadline = now + STALL_SECONDS
        self._push(now)

    def _at_once(self, answer: FileReply, now: float) -> None:
        """Send a file over a connection that stays, as most are: in one go. What the socket does not take is sent as to a slow reader."""
        head, lent, start = answer.head, answer.lent, answer.start
        count = 0
        try:
            count = self.sock.send(head)  # without MSG_MORE: with it ranges took four times as long, as nginx's do with tcp_nopush
            if lent is not None and count == len(head) and lent.intact():
                start += os.sendfile(self.descriptor, lent.file.fd, lent.file.base + start, min(SLICE, answer.end - start))
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._sending = _Sending(memoryview(head), answer, keep=True, began=now, start=start)
            return self.abort(now)
        if count == len(head) and (lent is None or start == answer.end):
            if lent is not None:
                lent.give_back()
            self._house.ended(self.peer, answer, answer.length, 0.0, whole=True)
            self.phase, self.idle, self.since, self.deadline = HEAD, True, now, now + IDLE_SECONDS
            return None
        coalesced = answer.length if lent is None else 0
        self._sending = _Sending(memoryview(head)[count:], answer, keep=True, began=now, start=start, coalesced=coalesced)
        self.phase = SENDING
        self.deadline = now + STALL_SECONDS
        return None

    def _push(self, now: float) -> None:
        sending = self._sending
        assert sending is not None
        answer = sending.answer
        lent = answer.lent if isinstance(answer, FileReply) else None
        end = answer.end if isinstance(answer, FileReply) and lent else 0
        try:
            if sending.head:
                count = self.sock.send(sending.head)
                sending.head = sending.head[count:]
                self.deadline = now + STALL_SECONDS
            if lent and not sending.head:
                most = min(SLICE, end - sending.start)
                count = os.sendfile(self.descriptor, lent.file.fd, lent.file.base + sending.start, most) if lent.intact() else 0
                if not count:
                    self._house.count("file-changed")
                    return self.abort(now)
                sending.start += count
                self.deadline = now + STALL_SECONDS
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return self.abort(now)
        if sending.head or (lent and sending.start < end):
            return None
        return self._sent(sending, now)

    def _sent(self, sending: _Sending, now: float) -> None:
        self._end_sending(now, whole=True)
        if not sending.keep:
            if sending.answer is None or self._buffer:
                return self._linger(now)
            return self.close()
        self.phase = TURN if self._buffer else HEAD
        self.idle = not self._buffer
        self.since = now
        self.deadline = now + (IDLE_SECONDS if self.idle else HEAD_SECONDS)
        return None

    def _end_sending(self, now: float, *, whole: bool) -> None:
        sending, self._sending = self._sending, None
        if sending is None or sending.answer is None:
            return
        answer, sent = sending.answer, 0
        if isinstance(answer, FileReply):
            if answer.lent is not None:
                sent = sending.start - answer.start
                answer.lent.give_back()
            elif whole:
                sent = sending.coalesced
        self._house.ended(self.peer, answer, sent, now - sending.began, whole=whole)

    def _linger(self, now: float) -> None:
        self._buffer = b""
        self.phase = LINGERING
        self.deadline = now + LINGER_SECONDS
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()

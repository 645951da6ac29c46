"""One file on its way to one client: RFC 1350 with options (2347 to 2349) and windows (7440), without socket, file or clock.

`receive`, `outgoing`, `next_timer`, `on_timer` and `events` are all there is to it; `step` is a shorter way for the usual packet. Time is
seconds on any clock that never goes back. Nothing that anybody sends raises.

Only an ACK for a block not yet acknowledged moves on. A repeated one causes nothing, not even a later timer, or two packets in
flight would double for ever ("sorcerer's apprentice", RFC 1123 section 4.2.3.1) and a client that repeats its ACK would hang.
"""

from __future__ import annotations

from collections.abc import Callable

from pxeserve.tftp.blocks import Blocks, ContentLost, Lane
from pxeserve.tftp.options import Agreement
from pxeserve.tftp.outcome import Burst, Ended, Ignored, Outcome, TransferEvent
from pxeserve.tftp.packet import Ack, Address, Error, ErrorCode, Malformed, OptionAck, parse
from pxeserve.tftp.timing import RetransmitTimer

MOST_UNANSWERED = 6
"""Packets sent to a client that never answers: the request may be forged, and its victim elsewhere (threat T18)."""

GIVE_UP = 30.0
"""Seconds without progress after which the client is taken for gone."""

_MEASURED = 4
"""Packets or windows whose round trips are all measured; of those of `step` only the last, which then stands for as many as `_LIKE`."""

_LIKE = 32

_STRANGER_PAUSE = 1.0
"""Least seconds between two answers to strangers."""


class Transfer:
    """The sender of one file. `answered` turns true with the client's first sign of life."""

    __slots__ = (
        "_acked", "_acked_number", "_acks", "_agreement", "_before", "_blocks", "_deadline", "_due", "_ended", "_events", "_from",
        "_next", "_offered", "_out", "_peer", "_period", "_progress", "_rollover", "_sends", "_sent", "_steps", "_stranger_after",
        "_timed", "_timer", "_windowsize", "answered", "began", "resent", "stride",
    )  # fmt: skip

    def __init__(self, blocks: Blocks, agreement: Agreement, peer: Address, now: float) -> None:
        self._blocks = blocks
        self._agreement = agreement
        self._peer = peer
        self._timer = RetransmitTimer(agreement.timeout)
        self._out: list[Burst] = []
        self._events: list[TransferEvent] = []
        self._windowsize = agreement.windowsize
        self._rollover = agreement.rollover
        self._period = 0x10000 - agreement.rollover
        self._acked = self._acked_number = 0
        self._sent = 0
        self._offered = bool(agreement.acknowledged)
        self._timed: tuple[int, float] | None = None
        self._sends = 0
        self._progress = self._before = now
        self._deadline = now
        self._acks: tuple[bytes, ...] = ()
        self._from = self._steps = 0
        self._next: Callable[[], tuple[memoryview, bytes]] = iter(()).__next__
        self._due: bytes | None = None
        self._stranger_after = now
        self._ended = False
        self.answered = False
        self.began = now
        self.resent = 0
        """Packets sent again: nothing came for them, or the ACK of a window said from where on."""
        self.stride = blocks.stride
        """Bytes of a packet in what `step` gives."""
        self._send(now)

    @property
    def peer(self) -> Address:
        """The client: its address and transfer identifier."""
        return self._peer

    @property
    def progressed_at(self) -> float:
        """When the client last moved on, or the transfer began."""
        return self._progress

    @property
    def ended(self) -> bool:
        """No more will be sent but what `outgoing` still holds."""
        return self._ended

    @property
    def acknowledged(self) -> tuple[int, int]:
        """Blocks, and bytes of the file (of its translation, for netascii), that the client has acknowledged."""
        self._settle()
        if self._acked and self._acked == self._blocks.final:
            return self._acked, (self._acked - 1) * self._agreement.blksize + self._blocks.final_size
        return self._acked, self._acked * self._agreement.blksize

    def step(self, data: bytes, now: float) -> memoryview | None:
        """The packets to send when `data`, from the client, acknowledges all that is in flight and as many whole blocks lie ready.

        None for everything else, and then nothing has happened: `receive` is to be asked.
        """
        if data != self._due:
            return None
        try:
            packets, self._due = self._next()
        except StopIteration:
            return self._cross(now)
        self._steps += 1
        self._before = self._progress
        self._progress = now
        return packets

    def receive(self, data: bytes, addr: Address, now: float) -> None:
        """Take in a datagram that came from `addr`."""
        if addr != self._peer:
            self._stranger(data, addr, now)
            return
        if self._ended:
            self._events.append(Ignored("late"))
            return
        self._settle()
        if len(data) == 4 and data[1] == 4 and not data[0]:
            self._ack(data[2] << 8 | data[3], now)
            return
        try:
            packet = parse(data)
        except Malformed as malformed:
            self._events.append(Ignored(malformed.reason))
            return
        match packet:
            case Ack(block):
                self._ack(block, now)
            case Error(code, message):
                self._refused(code, message)
            case _:
                self._events.append(Ignored("unexpected"))

    def outgoing(self, _now: float) -> list[Burst]:
        """What is to be sent now, each burst once."""
        out, self._out = self._out, []
        return out

    def next_timer(self) -> float | None:
        """When `on_timer` wants to be called; None once the transfer has ended."""
        if self._ended:
            return None
        return self._deadline if self._due is None else max(self._deadline, self._progress + self._timer.wait)

    def on_timer(self, now: float) -> None:
        """Send again, or give up, if it is time."""
        if (due := self.next_timer()) is None or now < due:
            return
        self._settle()
        if now >= self._progress + GIVE_UP or (not self.answered and self._sends >= MOST_UNANSWERED):
            self._end(Outcome.TIMEOUT)
            return
        self._timer.expired()
        self._send(now)

    def events(self) -> list[TransferEvent]:
        """What happened since the last call."""
        if not self._events:
            return []
        events, self._events = self._events, []
        return events

    def end(self, outcome: Outcome, error: Error | None = None) -> None:
        """End from our side, with a last word to the client if there is one to be said."""
        if not self._ended:
            self._settle()
            self._end(outcome, error.message if error else "", error)

    def peer_closed(self) -> None:
        """The client's host says that nobody listens on its port any more (ICMP port unreachable)."""
        if not self._ended:
            self._settle()
            self._end(Outcome.CLIENT_ERROR, "its port is closed")

    def _ack(self, number: int, now: float) -> None:
        if self._offered:
            if number:
                self._events.append(Ignored("future-ack"))
                return
            self._offered = False
        else:
            ahead = (number - self._acked_number) % self._period
            if not 0 < ahead <= self._sent - self._acked or (self._rollover and not number):
                self._pointless(ahead)
                return
            self._acked += ahead
            self._acked_number = number
        self.answered = True
        self._progress = now
        timed = self._timed
        self._timer.progressed(now - timed[1] if timed is not None and self._acked >= timed[0] else None)
        if self._acked == self._blocks.final:
            self._end(Outcome.DONE)
        else:
            self._send(now)

    def _pointless(self, ahead: int) -> None:
        """Count an ACK that is for no block in flight."""
        if ahead == 0:
            self._events.append(Ignored("repeated-ack"))
        else:
            self._events.append(Ignored("future-ack" if ahead < self._period // 2 else "stale-ack"))

    def _send(self, now: float) -> None:
        """The OACK, or the window that follows what is acknowledged; and the timer for it."""
        if self._offered:
            self._queue(OptionAck(self._agreement.acknowledged).encode())
            newest, again = 0, min(self._sends, 1)
        else:
            blocks, acked = self._blocks, self._acked
            newest, again = acked + self._windowsize, self._sent - acked
            try:
                for run in blocks.runs(acked + 1, newest):
                    self._out.append(Burst(run, blocks.stride, self._peer))
            except ContentLost as lost:
                self._out.clear()
                self._end(Outcome.SOURCE_ERROR, str(lost), Error(ErrorCode.UNDEFINED, "The file is no longer what it was"))
                return
            if blocks.final is not None and newest > blocks.final:
                newest = blocks.final
        if newest > self._sent or not self._sends:
            self._timed = (newest, now)
            self._sent = newest
        else:
            self._timed = None
        self._sends += 1
        self.resent += again
        self._deadline = min(now + self._timer.wait, self._progress + GIVE_UP)
        if self._sends > _MEASURED and not again and newest - self._acked == self._windowsize:
            self._ready(newest)

    def _ready(self, newest: int) -> None:
        """Let `step` go on from the window that ends with block `newest`."""
        lane = self._blocks.lane(self._acked + 1, newest)
        if lane is not None:
            self._enter(lane)

    def _enter(self, lane: Lane) -> None:
        """Have `step` take window after window from `lane`."""
        self._next = lane.windows(self._windowsize, self.stride).__next__
        self._acks, self._from, self._steps = lane.acks, lane.at, 0
        self._due = lane.acks[lane.at]

    def _cross(self, now: float) -> memoryview | None:
        """The first window of the next chunk, when the one that has just been acknowledged ends its chunk."""
        window, moved = self._windowsize, self._steps * self._windowsize
        at = self._from + moved
        lane = self._blocks.following(at, window)
        if lane is None:
            return None
        self._acked += moved + window
        self._acked_number = int.from_bytes(self._acks[at][2:])
        self._sent = self._acked + window
        self._timer.progressed(now - self._progress)
        self._progress = now
        self._timed = (self._sent, now)
        self._deadline = now + self._timer.wait
        self._enter(lane)
        return lane.packets[: window * self.stride]

    def _settle(self) -> None:
        """Enter what `step` has done into the books, and leave the next packet to `receive`."""
        moved = self._steps * self._windowsize if self._due is not None else 0
        self._due = None
        if moved:
            self._sent += moved
            self._acked += moved
            self._acked_number = int.from_bytes(self._acks[self._from + moved - self._windowsize][2:])
            for _ in range(min(self._steps, _LIKE)):
                self._timer.progressed(self._progress - self._before)
            self._timed = (self._sent, self._progress)
            self._deadline = self._progress + self._timer.wait

    def _refused(self, code: int, message: str) -> None:
        """The client gave up. Before the first DATA that is no failure: it wanted the size, or an option was not to its taste."""
        asked_size = any(name.lower() == "tsize" for name, _ in self._agreement.acknowledged)
        probe = self._offered and (code == ErrorCode.OPTION_REFUSED or asked_size)
        self.answered = True
        self._end(Outcome.ABORTED_PROBE if probe else Outcome.CLIENT_ERROR, f"error {code}: {message}")

    def _stranger(self, data: bytes, addr: Address, now: float) -> None:
        """RFC 1350 section 4: a packet from elsewhere gets ERROR 5 and disturbs nothing. An ERROR never gets an ERROR."""
        self._events.append(Ignored("foreign-tid"))
        if now >= self._stranger_after and data[:2] != b"\0\5":
            self._stranger_after = now + _STRANGER_PAUSE
            self._queue(Error(ErrorCode.UNKNOWN_TID, "Unknown transfer ID").encode(), addr)

    def _queue(self, data: bytes, addr: Address | None = None) -> None:
        self._out.append(Burst(data, len(data), addr or self._peer))

    def _end(self, outcome: Outcome, detail: str = "", error: Error | None = None) -> None:
        self._ended = True
        if error is not None:
            self._queue(error.encode())
        self._events.append(Ended(outcome, detail))

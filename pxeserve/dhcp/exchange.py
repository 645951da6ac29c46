"""One batch of datagrams from end to end: understood, decided, stored, and only then answered. Told to the record on the way.

This is where durability is kept: a durable answer is handed out after the transaction that holds its lease, or not at all.
An answer that promises nothing leaves at once; when the others are stored is for whoever calls, so that one sync serves many.
Refuses to know sockets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Any, NamedTuple

import structlog

from pxeserve.dhcp.ledger import Ledger, NotStoredError
from pxeserve.dhcp.lending.leases import Leases
from pxeserve.dhcp.outcome import Encoded, Note, Outcome, Reply
from pxeserve.dhcp.packet import Message, Reject, Type, parse
from pxeserve.dhcp.route import Arrival
from pxeserve.dhcp.twins import Twins
from pxeserve.events.record import Event, harmless
from pxeserve.events.recorder import Recorder

Core = Callable[[Message, Arrival, float], Outcome]
_QUIET = 60.0
_log = structlog.get_logger("dhcp")
_harmless = lru_cache(maxsize=1024)(harmless)
_UNTOLD = {kind: f"untold-{kind.name.lower()}" for kind in Type}


class Leaving(NamedTuple):
    """An answer that may leave now, by whatever its question came through."""

    reply: Reply | Encoded
    through: Any


class _Settled(NamedTuple):
    message: Message
    outcome: Outcome
    through: Any


class Exchange:
    """Runs batches through a core. `leases` is the table whose changes are stored; a proxy has none."""

    def __init__(self, ledger: Ledger, recorder: Recorder, leases: Leases | None = None) -> None:
        self._ledger = ledger
        self._recorder = recorder
        self._leases = leases
        self._said: dict[str, float] = {}
        self._held: list[_Settled] = []
        self._sighted: list[tuple[IPv4Address, str]] = []
        self._counts: dict[str, int] = {}

    @property
    def waiting(self) -> int:
        """How many outcomes wait for `store`."""
        return len(self._held) + len(self._sighted)

    def take(
        self, datagrams: Iterable[tuple[bytes, Arrival]], core: Core, now: float, through: Any = None, twins: Twins | None = None
    ) -> list[Leaving]:
        """Decide about `datagrams`, by `core` and before it `twins`; the answers that promise nothing and may leave at once, each with
        `through`. Never raises."""
        leaving: list[Leaving] = []
        short = twins if twins is not None and _looked(twins) else None
        for data, arrival in datagrams:
            if short is not None and (encoded := _twin(short, data, arrival, now)) is not None:
                leaving.append(Leaving(encoded, through))
                self._tally(_UNTOLD[Type.DISCOVER])
                continue
            one = self._one(data, arrival, core, now, through, twins)
            if one is None:
                continue
            if one.outcome.sighted is not None:
                self._sighted.append((one.outcome.sighted, one.message.mac))
            if one.outcome.durable:
                self._held.append(one)
            else:
                self._answer(one, leaving, now, stored=True)
        self._count_all()
        return leaving

    def store(self, now: float) -> list[Leaving]:
        """Put all that has changed on the disk in one transaction; the answers that waited for it. Never raises."""
        held, self._held = self._held, []
        sighted, self._sighted = self._sighted, []
        stored = self._store(sighted, now)
        leaving: list[Leaving] = []
        for one in held:
            self._answer(one, leaving, now, stored=stored)
        self._count_all()
        return leaving

    def count(self, reason: str) -> None:
        """Count something ignored or not sent."""
        self._recorder.count(reason)

    def complain(self, reason: str, now: float, text: str) -> bool:
        """Log `text`, once a minute for one reason; whether it was logged."""
        if 0 <= now - self._said.get(reason, now - _QUIET) < _QUIET:
            return False
        self._said[reason] = now
        _log.error(text, reason=reason)
        return True

    def _tally(self, reason: str) -> None:
        """Count `reason` when the batch is through: for each message by itself it would cost as much as a part of the answer."""
        self._counts[reason] = self._counts.get(reason, 0) + 1

    def _count_all(self) -> None:
        for reason, count in self._counts.items():
            self._recorder.count(reason, count)
        self._counts.clear()

    def _one(self, data: bytes, arrival: Arrival, core: Core, now: float, through: Any, twins: Twins | None) -> _Settled | None:
        """The single guarded place: whatever goes wrong with one datagram ends here, is said, and harms no other."""
        message = parse(data)
        if isinstance(message, Reject):
            self._tally(message.reason)
            return None
        try:
            outcome = core(message, arrival, now)
            if twins is not None and outcome.alike is not None:
                twins.learn(data, arrival, message, outcome)
            return _Settled(message, outcome, through)
        except Exception as error:  # noqa: BLE001 - the process must outlive any mistake of ours about one packet
            self._tally("internal-error")
            self.complain("internal-error", now, f"a {message.type.name} of {message.mac} was dropped: {type(error).__name__}: {error}")
            return None

    def _store(self, sightings: list[tuple[IPv4Address, str]], now: float) -> bool:
        try:
            if self._leases is None:
                self._ledger.write_sightings(sightings, now)
            else:
                self._ledger.write(self._leases.changes())
                self._leases.settle()
        except NotStoredError as error:
            if self._leases is not None:
                self._leases.rollback(now)
            text = f"leases cannot be stored ({error}): nothing new is promised until they can; make room on the disk"
            if self.complain("not-stored", now, text):
                self._recorder.emit(Event("dhcp.not-stored", now, text))
            return False
        return True

    def _answer(self, one: _Settled, leaving: list[Leaving], now: float, *, stored: bool) -> None:
        outcome = one.outcome
        reply, said, ignored = outcome.reply, outcome.said, outcome.ignored
        if outcome.durable and not stored:
            reply = outcome.instead
            said = said._replace(text="confirmed as it is stored; nothing new can be") if reply is not None and said else None
            ignored = "not-stored" if reply is None else ignored
            self._tally("not-stored")
        if outcome.ignored:
            self._tally(outcome.ignored)
        if reply is not None:
            leaving.append(Leaving(reply, one.through))
        heard = outcome.heard
        if heard is not None and ignored:  # the machine's own line says why nothing follows it
            heard = heard._replace(data={**heard.data, "ignored": ignored})
        if outcome.untold:
            self._tally(_UNTOLD[one.message.type])
        for note in (heard, said, *outcome.alarms):
            if note is not None:
                self._recorder.emit(_event(note, one.message.mac, now))


def _looked(twins: Twins) -> bool:
    """Whether the short way may be taken for this batch."""
    try:
        twins.look()
    except Exception:  # noqa: BLE001 - see `Exchange._one`
        return False
    return True


def _twin(twins: Twins, data: bytes, arrival: Arrival, now: float) -> Encoded | None:
    """Guarded as the long way is, which comes to the same and says it."""
    try:
        return twins.receive(data, arrival, now)
    except Exception:  # noqa: BLE001 - see `Exchange._one`
        return None


def _event(note: Note, mac: str, now: float) -> Event:
    data: dict[str, Any] = {key: _harmless(value) if isinstance(value, str) else value for key, value in note.data.items()}
    boot = note.boot
    if boot is not None:
        data["because"] = [
            {"weight": reason.weight.value, "code": reason.code, "text": reason.text, "source": reason.source} for reason in boot.because
        ]
        if boot.file:
            data["file"] = boot.file
        if boot.firmware is not None:
            data["firmware"] = boot.firmware.value
    return Event(
        kind=f"dhcp.{note.kind}",
        at=now,
        text=note.text,
        host=(boot.host if boot else None) or note.host,
        mac=mac,
        address=str(note.address) if note.address else None,
        install=boot.install if boot else None,
        session=boot.session if boot else None,
        data=data,
    )

"""One batch of datagrams from end to end: understood, decided, stored, and only then answered. Told to the record on the way.

This is where durability is kept: a durable answer is handed out after the transaction that holds its lease, or not at all.
Refuses to know sockets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import structlog

from pxeserve.dhcp.ledger import Ledger, NotStoredError
from pxeserve.dhcp.lending.leases import Leases
from pxeserve.dhcp.outcome import Note, Outcome, Reply
from pxeserve.dhcp.packet import Message, Reject, parse
from pxeserve.dhcp.route import Arrival
from pxeserve.events.record import Event, harmless
from pxeserve.events.recorder import Recorder

Core = Callable[[Message, Arrival, float], Outcome]
_QUIET = 60.0
_log = structlog.get_logger("dhcp")
_harmless = lru_cache(maxsize=1024)(harmless)


@dataclass(frozen=True, slots=True)
class _Settled:
    mac: str
    outcome: Outcome


class Exchange:
    """Runs batches through a core. `leases` is the table whose changes are stored; a proxy has none."""

    def __init__(self, ledger: Ledger, recorder: Recorder, leases: Leases | None = None) -> None:
        self._ledger = ledger
        self._recorder = recorder
        self._leases = leases
        self._said: dict[str, float] = {}

    def handle(self, datagrams: Iterable[tuple[bytes, Arrival]], core: Core, now: float) -> list[Reply]:
        """The answers to `datagrams`, each of which may leave now. Never raises."""
        settled = [one for data, arrival in datagrams if (one := self._one(data, arrival, core, now)) is not None]
        stored = self._store(settled, now)
        return [reply for one in settled if (reply := self._answer(one, stored, now)) is not None]

    def store_changes(self, now: float) -> bool:
        """Store what changed without anybody asking (pruning, a clock that was set)."""
        return self._store([], now)

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

    def _one(self, data: bytes, arrival: Arrival, core: Core, now: float) -> _Settled | None:
        """The single guarded place: whatever goes wrong with one datagram ends here, is said, and harms no other."""
        message = parse(data)
        if isinstance(message, Reject):
            self._recorder.count(message.reason)
            return None
        try:
            return _Settled(message.mac, core(message, arrival, now))
        except Exception as error:  # noqa: BLE001 - the process must outlive any mistake of ours about one packet
            self._recorder.count("internal-error")
            self.complain("internal-error", now, f"a {message.type.name} of {message.mac} was dropped: {type(error).__name__}: {error}")
            return None

    def _store(self, settled: list[_Settled], now: float) -> bool:
        sightings = [(one.outcome.sighted, one.mac) for one in settled if one.outcome.sighted is not None]
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

    def _answer(self, one: _Settled, stored: bool, now: float) -> Reply | None:
        outcome = one.outcome
        reply, said = outcome.reply, outcome.said
        if outcome.durable and not stored:
            self._recorder.count("not-stored")
            reply = outcome.instead
            said = replace(said, text="confirmed as it is stored; nothing new can be") if reply is not None and said else None
        if outcome.ignored:
            self._recorder.count(outcome.ignored)
        for note in (outcome.heard, said, *outcome.alarms):
            if note is not None:
                self._recorder.emit(_event(note, one.mac, now))
        return reply


def _event(note: Note, mac: str, now: float) -> Event:
    data: dict[str, Any] = {key: _harmless(value) if isinstance(value, str) else value for key, value in note.data.items()}
    boot = note.boot
    if boot is not None:
        data["because"] = [
            {"weight": reason.weight.value, "code": reason.code, "text": reason.text, "source": reason.source} for reason in boot.because
        ]
        if boot.file:
            data["file"] = boot.file
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

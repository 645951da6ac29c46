"""The doctor's rounds in the service: a slow thread of the worker, of the lowest standing. What it finds is told once, and once more when
it is gone.

The worker starts and stops it and knows no more of it. It has the service's rights: what only root sees, `pxeserve doctor` looks at.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.beside import Beside
from pxeserve.doctor.around import Around
from pxeserve.doctor.check import Check, examine
from pxeserve.doctor.finding import Finding, Grade, Result
from pxeserve.doctor.network import interfaces, served
from pxeserve.doctor.probe import invented_mac
from pxeserve.doctor.registry import CHECKS
from pxeserve.doctor.standing import FOUND, GONE, event, standing
from pxeserve.errors import PxeserveError
from pxeserve.events.record import Event
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.serving import Serving
from pxeserve.store import Store, audit, open_store

FIRST, OFTEN, SELDOM = 30.0, 60.0, 600.0
"""Seconds until the first round, between rounds of what is looked at often (threat T26), and of all else."""

MISSED = 2
"""Rounds without a finding after which it is gone: an answer may be lost once."""

_QUESTIONS = 2
_LONGEST = 300
_RIVALS = frozenset({"second-server", "two-servers", "other-boot-server", "other-boot-file"})
"""Codes of the check `dhcp-servers` for somebody else who answers."""

_log = structlog.get_logger("worker")


class Rounds(Beside):
    """The thread. `start` once, `finish` once. `clock` gives epoch seconds."""

    def __init__(self, serving: Serving, *, first: float = FIRST, often: float = OFTEN, seldom: float = SELDOM) -> None:
        super().__init__("doctor")
        self._serving = serving
        self._first, self._often, self._seldom = first, often, seldom

    def _run(self) -> None:
        if self._ended.wait(self._first):
            return
        data = self._serving.config.server.data
        recorder = Recorder(data / "run" / SOCKET_NAME, "worker")
        try:
            store = open_store(data)
            try:
                self._go_round(store, recorder)
            finally:
                store.close()
        except PxeserveError as error:
            _log.error(f"the doctor cannot go round: {error}")
        finally:
            recorder.close()

    def _go_round(self, store: Store, recorder: Recorder) -> None:
        mac, notes, whole = invented_mac(), None, 0.0
        while True:
            now = time.monotonic()
            everything = not whole or now - whole >= self._seldom
            try:
                notes = notes or Notes(store, lambda event: tell(store, recorder.emit, event))
                around = replace(surroundings(self._serving, store), mac=mac)
                notes.take(examine(due(everything=everything), around), time.time())
            except (SQLAlchemyError, OSError) as error:
                _log.warning(f"the doctor's round was left out: {error}")
            else:
                whole = now if everything else whole
                recorder.flush()
            if self._ended.wait(self._often):
                return


def tell(store: Store, emit: Callable[[Event], None], told: Event) -> None:
    """Into the record; that another server answers here is a line of the audit too (threat T26)."""
    emit(told)
    if told.data["code"] in _RIVALS:
        with store.site.write() as connection:
            audit.append(connection, told.at, "service", told.kind, told.data["where"][:_LONGEST], told.text[:_LONGEST])


def due(*, everything: bool) -> list[Check]:
    """The checks of a round."""
    return [check for check in CHECKS if not check.by_hand and (everything or check.often)]


def surroundings(serving: Serving, store: Store) -> Around:
    """What a round looks at, as the service's own user."""
    known = interfaces()
    prefix = "doctor-raw:"
    packets = {role.removeprefix(prefix): sock for role, sock in serving.sockets.items() if role.startswith(prefix)}
    return Around(
        config=serving.config,
        networks=served(serving.config, known),
        interfaces=known,
        now=time.time(),
        serving=True,
        store=store,
        packets=packets,
        questions=_QUESTIONS,
    )


class Notes:
    """What is known to stand, and who is told of changes. Begins with what the record says, so that a restart tells nothing again."""

    def __init__(self, store: Store, emit: Callable[..., None]) -> None:
        self._emit = emit
        self._stands: dict[str, Finding] = {key: one.finding for key, one in standing(store).items()}
        self._missed: dict[str, int] = {}

    def take(self, results: list[Result], now: float) -> None:
        """Take in what a round found. A check that could not look says nothing about what it found before."""
        seen = {one.key: one for result in results for one in result.findings if one.grade is not Grade.NOTE}
        for key, finding in seen.items():
            self._missed.pop(key, None)
            if key not in self._stands:
                self._stands[key] = finding
                self._tell(FOUND, finding, now)
        looked = {result.check for result in results if not result.blind}
        for key, finding in list(self._stands.items()):
            if key in seen or finding.check not in looked:
                continue
            self._missed[key] = self._missed.get(key, 0) + 1
            if self._missed[key] >= MISSED:
                del self._stands[key], self._missed[key]
                self._tell(GONE, finding, now)

    def _tell(self, kind: str, finding: Finding, now: float) -> None:
        self._emit(event(kind, finding, now))
        if kind == FOUND:
            _log.warning(f"doctor: {finding.text}: {finding.fix}", check=finding.check, where=finding.where)
        else:
            _log.info(f"doctor: no longer: {finding.text}", check=finding.check, where=finding.where)

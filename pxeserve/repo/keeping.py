"""Keeps media what they were: checks what was touched, and lets the scrub go round. One thread, in the worker, of the lowest standing.

The worker starts and stops it and knows no more of it. Whatever fails here is said and tried again; the record goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.beside import Beside
from pxeserve.config import Config
from pxeserve.domain.medium import Medium, MediumState
from pxeserve.errors import PxeserveError
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.repo import verify
from pxeserve.repo.scrub import RATE, Scrub
from pxeserve.repo.standing import Turned
from pxeserve.repo.visible import Visible
from pxeserve.repo.watch import Watch, place_of
from pxeserve.store import Store, open_store

_REST = 1.0
_FOLLOW = 5.0
_QUIET = 60.0
_log = structlog.get_logger("worker")


class _EndingError(Exception):
    """The service ends; what is under way is left."""


class Keeping(Beside):
    """The thread. `start` once, `finish` once; between them nothing is asked of it. `rate` is the scrub's, in bytes a second."""

    def __init__(self, config: Config, *, rate: int = RATE) -> None:
        super().__init__("media")
        self._config = config
        self._rate = rate
        self._said = -_QUIET

    def _run(self) -> None:
        data = self._config.server.data
        store = open_store(data)
        recorder = Recorder(data / "run" / SOCKET_NAME, "worker")

        def tell(turned: Turned) -> None:
            event = turned.event(time.time())
            recorder.emit(event)
            (_log.info if turned.state is MediumState.GOOD else _log.error)(event.text)

        scrub = Scrub(store, data, self._config.media.scrub, tell)
        round_ = _Round(self._config, store, Watch(), scrub, tell, self._go_on, self._rate)
        try:
            while not self._ended.is_set():
                self._ended.wait(self._guarded(round_.turn))
                recorder.flush()
        finally:
            round_.watch.stop()
            with suppress(SQLAlchemyError, OSError):
                scrub.stop()
            recorder.close()
            store.close()

    def _go_on(self, _done: int, _total: int, _text: str) -> None:
        if self._ended.is_set():
            raise _EndingError

    def _guarded(self, turn: Callable[[], float]) -> float:
        """What `turn` returns; trouble is said once a minute and ends nothing."""
        try:
            return turn()
        except _EndingError:
            return _REST
        except Exception as error:  # noqa: BLE001 - whatever it is, the record must go on, and so must the next medium
            if time.monotonic() - self._said >= _QUIET:
                self._said = time.monotonic()
                foreseen = isinstance(error, SQLAlchemyError | PxeserveError | OSError)
                _log.error(f"media cannot be checked now: {error}", exc_info=None if foreseen else error)
            return _REST


@dataclass(slots=True)
class _Round:
    """What one turn after the other needs."""

    config: Config
    store: Store
    watch: Watch
    scrub: Scrub
    tell: Callable[[Turned], None]
    go_on: verify.Report
    rate: int
    followed: float = -_FOLLOW
    read_again: float = 0.0
    visible: Visible | None = None

    def turn(self) -> float:
        """Do what is due; how many seconds may pass before the next turn."""
        now = time.monotonic()
        data = self.config.server.data
        if now - self.followed >= _FOLLOW:
            self.followed = now
            self.watch.follow({name: place_of(data, medium) for name, medium in self._media().items()})
        for name in self.watch.due():
            medium = self._media().get(name)
            if medium is not None:
                self._check(medium)
        now = time.monotonic()
        if now >= self.read_again:
            read = self.scrub.step()
            self.read_again = now + (read / self.rate if read else _REST)
        return min(max(self.read_again - time.monotonic(), 0.0), _REST)

    def _media(self) -> Mapping[str, Medium]:
        if self.visible is None:
            self.visible = Visible(self.store)  # here, where trouble with the store is said and the next turn tries again
        return self.visible.current()

    def _check(self, medium: Medium) -> None:
        verdict = verify.changed(self.store, self.config.server.data, medium, self.go_on)
        if verdict.turned is not None:
            self.tell(verdict.turned)

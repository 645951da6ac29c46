"""The thread of the worker that lets recoveries go on. Whatever fails is said and tried again; the record goes on. Knows no step."""

from __future__ import annotations

import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.beside import Beside
from pxeserve.config import Config
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Actor, Context
from pxeserve.operations.recovering.running import turn
from pxeserve.store import Store, open_store, recoveries

PAUSE = 1.0
"""Seconds between two turns."""

_QUIET = 60.0
_log = structlog.get_logger("worker")


class Recoverer(Beside):
    """The thread. `start` once, `finish` once. `pause` is seconds between two turns."""

    def __init__(self, config: Config, *, pause: float = PAUSE) -> None:
        super().__init__("recoveries")
        self._config, self._pause = config, pause
        self._said = -_QUIET

    def _run(self) -> None:
        store = open_store(self._config.server.data)
        context = Context(self._config, store, Actor("service"), lambda _progress: None)
        moment: object = None
        try:
            while not self._ended.is_set():
                moment = self._turn(context, store, moment)
                self._ended.wait(self._pause)
        finally:
            store.close()

    def _turn(self, context: Context, store: Store, moment: object) -> object:
        """One turn; the moment of the store after which nothing runs, or None."""
        try:
            now = store.site.moment()
            if now == moment:
                return moment
            with store.site.read() as connection:
                if not recoveries.running(connection):
                    return now
            turn(context)
        except Exception as error:  # noqa: BLE001 - whatever it is, the record must go on
            self._tell(error)
        return None

    def _tell(self, error: Exception) -> None:
        if time.monotonic() - self._said >= _QUIET:
            self._said = time.monotonic()
            foreseen = isinstance(error, SQLAlchemyError | PxeserveError | OSError)
            _log.error(f"recoveries cannot go on now: {error}", exc_info=None if foreseen else error)

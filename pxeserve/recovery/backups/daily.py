"""The thread of the worker that looks each day which backups are over: those of a pool whose job has stopped too, as what stands in them
is to be kept for so long and no longer. It sweeps away what a kill has left as well.

The worker starts and stops it and knows no more of it.
"""

from __future__ import annotations

import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.beside import Beside
from pxeserve.config import Config
from pxeserve.errors import PxeserveError
from pxeserve.recovery.backups import vault
from pxeserve.recovery.backups.pruning import erase, prune
from pxeserve.store import Store, backups, open_store
from pxeserve.store.pools import pools

FIRST, EVERY = 300.0, 86_400.0
"""Seconds until the first round, and between two."""

_log = structlog.get_logger("worker")


class Daily(Beside):
    """The thread. `start` once, `finish` once."""

    def __init__(self, config: Config, *, first: float = FIRST, every: float = EVERY) -> None:
        super().__init__("backups")
        self._config = config
        self._first, self._every = first, every

    def _run(self) -> None:
        pause = self._first
        while not self._ended.wait(pause):
            pause = self._every
            try:
                store = open_store(self._config.server.data)
                try:
                    self._go_round(store)
                finally:
                    store.close()
            except (PxeserveError, SQLAlchemyError, OSError) as error:
                _log.warning(f"which backups are over was not looked at: {error}")
                pause = min(self._every, self._first or self._every)

    def _go_round(self, store: Store) -> None:
        with store.site.read() as connection:
            known, found = backups.ids(connection), pools(connection)
        vault.sweep(self._config.server.data / vault.FOLDER, known, time.time())
        for row in found:
            if self._ended.is_set():
                return
            with store.site.write() as connection:
                gone = prune(connection, self._config, row.id, row.pool.name, time.time())
            erase(self._config, gone)
            if gone:
                _log.info(f"{len(gone)} backups of pool {row.pool.name} are over and forgotten")

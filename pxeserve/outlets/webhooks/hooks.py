"""All webhooks, a thread of the worker each: one that hangs delays nobody, and nobody who serves machines.

The worker starts and stops them and knows no more of them. Whatever fails here is said and tried again.
"""

from __future__ import annotations

import threading
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.config import Config
from pxeserve.config.outlets import WebhookConfig
from pxeserve.errors import PxeserveError
from pxeserve.events.recorder import SOCKET_NAME, Recorder
from pxeserve.outlets.webhooks.hook import REST, Hook
from pxeserve.store import Store, open_store, webhooks

_QUIET = 60.0
_END = 2.0
_log = structlog.get_logger("worker")


class Hooks:
    """`start` once, `finish` once; between them nothing is asked of them."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []
        self._hooks: list[Hook] = []
        self._store: Store | None = None
        self._recorder: Recorder | None = None

    def start(self) -> None:
        """Go on where each hook was when the service ended, or begin with what happens from now on."""
        data = self._config.server.data
        self._store = open_store(data)
        self._forget_others(self._store)
        self._recorder = Recorder(data / "run" / SOCKET_NAME, "webhooks")
        for config in self._config.webhook:
            hook = Hook(self._store, self._recorder, config, data)
            self._hooks.append(hook)
            self._threads.append(threading.Thread(target=self._run, args=(hook, config), name=f"webhook-{config.name}", daemon=True))
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """End. What was posted and not answered is posted again after the next start."""
        self._ended.set()
        for hook in self._hooks:
            hook.close()
        for thread in self._threads:
            thread.join(_END)
        if self._recorder is not None:
            self._recorder.close()
        if self._store is not None:
            self._store.close()

    def _forget_others(self, store: Store) -> None:
        try:
            with store.events.write() as connection:
                webhooks.keep_only(connection, [one.name for one in self._config.webhook])
        except SQLAlchemyError as error:
            _log.error(f"webhooks that are gone cannot be forgotten now: {error}")

    def _run(self, hook: Hook, config: WebhookConfig) -> None:
        said = -_QUIET
        while not self._ended.is_set():
            try:
                pause = hook.turn()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next event may fare better, and the record must go on
                pause = REST
                if time.monotonic() - said >= _QUIET and not self._ended.is_set():
                    said = time.monotonic()
                    foreseen = isinstance(error, SQLAlchemyError | PxeserveError | OSError)
                    _log.error(f"webhook {config.name} cannot go on now: {error}", exc_info=None if foreseen else error)
            if self._recorder is not None:
                self._recorder.flush()
            self._ended.wait(pause)

"""A thread beside the worker's record: it starts once, and ends soon when it is told to. Refuses to know what it does."""

from __future__ import annotations

import threading

_END = 5.0
"""Seconds for which one that is under way is waited for: what hangs is not waited for longer."""


class Beside:
    """The thread, with that name. Who inherits does its work in `_run` until `_ended` is set."""

    def __init__(self, name: str) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def finish(self) -> None:
        """End, once; between two things that are done whole."""
        self._ended.set()
        self._thread.join(_END)

    def _run(self) -> None:
        raise NotImplementedError

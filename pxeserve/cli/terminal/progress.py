"""How far a long command has come, on standard error: a bar on a terminal, a line now and then elsewhere, nothing beside `--json`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Protocol

_FIRST, _EACH = 2.0, 5.0
"""Seconds until the first line, and between two of them: whoever reads a log wants few, and none of what is done at once."""


class Shown(Protocol):
    """Takes progress messages while it is entered."""

    def __enter__(self) -> Shown: ...
    def __call__(self, progress: Mapping[str, Any]) -> None: ...
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


def shown() -> Shown:
    """A bar when people watch, else lines."""
    return Bar() if sys.stderr.isatty() else Lines()


class Silent:
    """Shows nothing: programs read what is printed."""

    def __enter__(self) -> Silent:
        return self

    def __call__(self, progress: Mapping[str, Any]) -> None:
        """Nothing."""

    def __exit__(self, *_: object) -> None:
        return


class Lines:
    """A line when it takes long, then one now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._next = self._began + _FIRST
        self._first: int | None = None

    def __enter__(self) -> Lines:
        return self

    def __call__(self, progress: Mapping[str, Any]) -> None:
        """Print it if it is time to."""
        now = self._clock()
        done, total = int(progress["done"]), int(progress["total"])
        if self._first is None or done < self._first:  # another part of the work begins from nothing
            self._first, self._began = done, now
        if now < self._next:
            return
        self._next = now + _EACH
        rate = (done - self._first) / max(now - self._began, 0.001)
        sys.stderr.write(line(done, total, rate, str(progress["text"])) + "\n")
        sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        return


class Bar:
    """A bar that appears with the first report and goes with the end of the request."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True, emoji=False),
            transient=True,
        )
        self._task: Any = None

    def __enter__(self) -> Bar:
        return self

    def __call__(self, progress: Mapping[str, Any]) -> None:
        """Move it."""
        if self._task is None:
            self._bar.start()
            self._task = self._bar.add_task("", total=progress["total"])
        self._bar.update(self._task, completed=progress["done"], total=progress["total"], description=progress["text"][-60:])

    def __exit__(self, *_: object) -> None:
        if self._task is not None:
            self._bar.stop()
            self._task = None


class Counting:
    """Things and not bytes, such as hosts: one line that is written over on a terminal, and one now and then elsewhere."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next = clock() + _FIRST
        self._terminal = sys.stderr.isatty()
        self._written = False

    def __enter__(self) -> Counting:
        return self

    def __call__(self, progress: Mapping[str, Any]) -> None:
        """Write it, if it is time to."""
        said = f"{int(progress['done'])} of {int(progress['total'])}: {progress['text']}"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{''.join(char if char.isprintable() else '?' for char in said[:78])}")
            self._written = True
        elif self._clock() >= self._next:
            self._next = self._clock() + _EACH
            sys.stderr.write(said + "\n")
        sys.stderr.flush()

    def __exit__(self, *_: object) -> None:
        if self._written:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def line(done: int, total: int, rate: float, text: str) -> str:
    """One line of progress: `done` of `total` bytes at `rate` bytes a second."""
    from rich.filesize import decimal

    left = f"{(total - done) / rate:.0f} s left" if rate > 0 else "time left not known"
    return f"{done * 100 // max(total, 1)} %, {decimal(done)} of {decimal(total)}, {decimal(int(rate))}/s, {left}: {text}"

"""Reads files whole and sums them: each once, for all sums that are wanted, on all cores, the largest first.

Refuses to know what the sums should be. Files are read into a buffer and not mapped: a file that is cut while it is mapped kills whoever
reads it (SIGBUS), and anybody may cut one.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from pxeserve.repo.opening import Opened

CHUNK = 1 << 20
_ALIGNED = 4096
"""Reads that go to the disk itself begin at multiples of its blocks (open(2), O_DIRECT); the buffer is a page's."""
_TICK = 0.1
_buffers = threading.local()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to be read: its name, its bytes, which sums (`md5`, `sha256`), and how it is opened."""

    name: str
    size: int
    sums: tuple[str, ...]
    open: Callable[[], Opened]


@dataclass(frozen=True, slots=True)
class Summed:
    """What came of one: the sums in lower-case hex by name, or what went wrong. `found` was true of it before it was read."""

    name: str
    sums: Mapping[str, str]
    found: os.stat_result | None = None
    error: Exception | None = None


def pieces(opened: Opened) -> Iterator[memoryview]:
    """The file's bytes, in pieces that are good until the next is asked for. Ends early when the file does. Raises OSError."""
    buffer = getattr(_buffers, "buffer", None)
    if buffer is None:
        buffer = _buffers.buffer = memoryview(mmap.mmap(-1, CHUNK))
    left, position = opened.size, opened.start
    while left:
        skip = position % _ALIGNED
        count = os.preadv(opened.fd, [buffer], position - skip) - skip
        if count <= 0:
            return
        piece = buffer[skip : skip + min(count, left)]
        yield piece
        left -= len(piece)
        position += len(piece)


def read_all(files: Sequence[Wanted], report: Callable[[int, str], None], threads: int | None = None) -> Iterator[Summed]:
    """Read `files`, each once; what came of each, as they end. `report` takes the bytes read so far and a name, now and then, from the
    thread that asks for results; what it raises ends the reading."""
    if not files:
        return
    cancelled, counted = threading.Event(), _Counted()
    ordered = sorted(files, key=lambda file: -file.size)
    done: SimpleQueue[Summed] = SimpleQueue()
    pool = ThreadPoolExecutor(min(threads or len(os.sched_getaffinity(0)), len(ordered)), "hashing")
    try:
        for file in ordered:
            pool.submit(_put, done, file, cancelled, counted)
        left, told = len(ordered), 0.0
        while left:
            with suppress(Empty):
                summed = done.get(timeout=_TICK)
                left -= 1
                yield summed
            if not left or time.monotonic() - told >= _TICK:
                told = time.monotonic()
                report(counted.bytes, counted.name)
    finally:
        cancelled.set()
        pool.shutdown(cancel_futures=True)


class _Counted:
    """How far all threads together have come."""

    def __init__(self) -> None:
        self.bytes, self.name = 0, ""
        self._lock = threading.Lock()

    def add(self, count: int, name: str) -> None:
        with self._lock:
            self.bytes += count
            self.name = name


def _put(done: SimpleQueue[Summed], file: Wanted, cancelled: threading.Event, counted: _Counted) -> None:
    try:
        done.put(_read(file, cancelled, counted))
    except Exception as error:  # noqa: BLE001 - else whoever waits for this file would wait for ever
        done.put(Summed(file.name, {}, error=error))


def _read(file: Wanted, cancelled: threading.Event, counted: _Counted) -> Summed:
    sums = {name: hashlib.new(name, usedforsecurity=False) for name in file.sums}
    updates = [one.update for one in sums.values()]
    try:
        opened = file.open()
    except Exception as error:  # noqa: BLE001 - handed to whoever asked for the file
        return Summed(file.name, {}, error=error)
    try:
        for piece in pieces(opened):
            if cancelled.is_set():
                break
            for update in updates:
                update(piece)
            counted.add(len(piece), file.name)
    except OSError as error:
        return Summed(file.name, {}, opened.found, error)
    finally:
        opened.close()
    return Summed(file.name, {name: one.hexdigest() for name, one in sums.items()}, opened.found)

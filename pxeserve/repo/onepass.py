"""Reads every byte of a source once and hashes it (SHA-256, and MD5 where it is needed), handing each piece to whoever writes it.

Two threads share the files, so that two cores hash; they are nice to the processes that answer machines.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

from pxeserve.errors import PxeserveError
from pxeserve.paths import OpenFile
from pxeserve.repo.manifest import FileSums, sums_needed
from pxeserve.repo.tree import Entry, SourceError, Tree
from pxeserve.shelf import Stamp

Report = Callable[[int, int, str], None]
"""Takes bytes done, bytes in all, and what is being done. What it raises ends the import."""

_THREADS = 2
_PIECE = 1 << 18
_LARGE = 64 << 20
"""Files from here on come first, so that none of them is left for one thread at the end."""

_TICK = 0.1
_NICE = 10

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Read:
    """One file that has been read whole: its sums, where it lies in what it was read from, and by what that can be known again."""

    sums: FileSums
    offset: int
    stamp: str


@dataclass(slots=True)
class Count:
    """What the threads have done, and whether they are to stop."""

    bytes: int = 0
    files: int = 0
    name: str = ""
    stop: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, count: int) -> None:
        """So many bytes more. Raises Stopped."""
        if self.stop:
            raise Stopped
        with self.lock:
            self.bytes += count

    def begin(self, name: str) -> None:
        """A thread has taken up a file."""
        with self.lock:
            self.name = name
            self.files += 1


class Stopped(Exception):
    """What a thread ends with that was told to stop."""


def read_tree(tree: Tree, entries: Sequence[Entry], report: Report, go_on: Callable[[], None]) -> dict[str, Read]:
    """Read every file where it lies, and write nothing. Gives by path what was found."""
    count = Count()
    algorithms = sums_needed(entry.path for entry in entries)

    def one(entry: Entry) -> Read:
        file = tree.open(entry)
        try:
            stamp = str(Stamp.of(file.fd))
            sums = sums_of(entry, file, count, algorithms, lambda _piece: None)
            if not file.intact():
                raise SourceError(f"{entry.path}: changed while it was read")
            return Read(sums, file.base, stamp)
        except OSError as error:
            raise trouble(entry.path, "read", error) from error
        finally:
            file.close()

    total = sum(entry.size for entry in entries)
    return {made.sums.path: made for made in shared(entries, one, count, total, len(entries), report, go_on)}


def shared(
    entries: Sequence[Entry],
    one: Callable[[Entry], Made],
    count: Count,
    total: int,
    files: int,
    report: Report,
    go_on: Callable[[], None],
    ready: Callable[[Entry], None] = lambda _entry: None,
) -> list[Made]:
    """`one` of each entry, by as many threads as there are; large ones first, the others as they lie. The caller's own thread gets each
    entry `ready` before another takes it up, and is ahead of them soon."""
    ordered = sorted(entries, key=lambda entry: (entry.size < _LARGE, entry.at, entry.path))
    with ThreadPoolExecutor(_THREADS, "import", initializer=be_nice) as pool:
        try:
            running: list[Future[Made]] = []
            for entry in ordered:
                go_on()
                ready(entry)
                running.append(pool.submit(_named, one, entry, count))
            waiting: set[Future[Made]] = set(running)
            while True:
                done, waiting = wait(waiting, _TICK, FIRST_EXCEPTION)
                for future in done:
                    future.result()
                go_on()
                report(count.bytes, total, f"{count.name} ({count.files} of {files})")
                if not waiting:
                    break
            return [future.result() for future in running]
        except BaseException:
            count.stop = True
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _named(one: Callable[[Entry], Made], entry: Entry, count: Count) -> Made:
    count.begin(entry.path)
    return one(entry)


def be_nice() -> None:
    """The kernel keeps niceness a thread; this one ends with the import. A nicer service stays so: only root may take back."""
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, max(_NICE, os.getpriority(os.PRIO_PROCESS, thread)))


def sums_of(
    entry: Entry, file: OpenFile, count: Count, algorithms: Sequence[str], write: Callable[[memoryview], None]
) -> FileSums:
    """Read `file` to its end, hash each piece by `algorithms` and hand it on."""
    sums = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    buffer = memoryview(_buffer())
    done = 0
    while done < entry.size:
        length = os.preadv(file.fd, [buffer[: min(_PIECE, entry.size - done)]], file.base + done)
        if not length:
            raise SourceError(f"{entry.path}: ends after {done} of {entry.size} bytes: cut short while it was read")
        piece = buffer[:length]
        for one in sums.values():
            one.update(piece)
        write(piece)
        done += length
        count.add(length)
    return FileSums(entry.path, done, sums["md5"].hexdigest() if "md5" in sums else "", sums["sha256"].hexdigest())


_own = threading.local()


def _buffer() -> bytearray:
    """One a thread, used again and again: to have the kernel clear new memory for each piece costs more than to hash it."""
    if not hasattr(_own, "buffer"):
        _own.buffer = bytearray(_PIECE)
    return _own.buffer  # type: ignore[no-any-return]


def trouble(path: str, what: str, error: OSError) -> PxeserveError:
    """What the system says of a file, in our words."""
    return PxeserveError(f"{path}: could not be {what}: {error.strerror}", fix="nothing was imported; see to it and import again")

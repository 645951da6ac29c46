"""Notices when somebody touches the files of a medium, wherever it lies. Refuses to know what a change means: that is for a check.

A change is told once things have been quiet for a moment, so that a copy of a thousand files is one change. Folders on a network are looked
through now and then, since the kernel tells nothing about them (`mounts`); so are all, where it has no watches left to give.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileAttribEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver, ObservedWatch
from watchdog.observers.inotify import InotifyObserver
from watchdog.observers.polling import PollingObserver

from pxeserve.domain.medium import Lies, Medium
from pxeserve.repo.mounts import is_remote
from pxeserve.repo.opening import home

QUIET, LONGEST = 2.0, 30.0
"""Seconds without a further change after which one is told, and the most that it waits for that."""

POLL = 60.0
"""Seconds between two looks through a folder on a network."""

_OF_INTEREST: list[type[FileSystemEvent]] = [
    FileModifiedEvent, FileClosedEvent, FileAttribEvent, FileCreatedEvent, FileDeletedEvent, FileMovedEvent,
    DirCreatedEvent, DirDeletedEvent, DirMovedEvent,
]  # fmt: skip
"""Not that a file was opened or read: fifty machines that install would be heard with every package."""

_log = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True)
class Place:
    """What is watched for a medium: a folder with all below it, or in it one file alone, the image `only`."""

    folder: Path
    only: str | None = None


@dataclass(slots=True)
class _Watched:
    place: Place
    identity: tuple[int, int] | None
    observer: BaseObserver | None = None
    watch: ObservedWatch | None = None


@dataclass(slots=True)
class _Noted:
    first: float
    last: float


def place_of(data: Path, medium: Medium) -> Place:
    """What to watch for `medium`."""
    path = home(data, medium)
    return Place(path.parent, path.name) if medium.lies is Lies.IMAGE else Place(path)


@dataclass(slots=True)
class Watch:
    """Watches places, each called by its medium's name. `quiet`, `longest` and `poll` are seconds."""

    quiet: float = QUIET
    longest: float = LONGEST
    poll: float = POLL
    _watched: dict[str, _Watched] = field(default_factory=dict)
    _noted: dict[str, _Noted] = field(default_factory=dict)
    _observers: dict[type[BaseObserver], BaseObserver] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def follow(self, places: Mapping[str, Place]) -> None:
        """Watch these and no others. A place that is new, or another than before (a file system was mounted there or taken away),
        counts as changed. Call it every few seconds."""
        for name in self._watched.keys() - places.keys():
            self._leave(name)
        for name, place in places.items():
            known, identity = self._watched.get(name), _identity(place.folder)
            if known is not None and (known.place, known.identity) == (place, identity) and (known.watch or identity is None):
                continue
            self._leave(name)
            self._watched[name] = _Watched(place, identity)
            if identity is not None:
                self._begin(name)
            self.note(name)

    def note(self, name: str) -> None:
        """Something happened to a medium."""
        now = time.monotonic()
        with self._lock:
            noted = self._noted.get(name)
            if noted is None:
                self._noted[name] = _Noted(now, now)
            else:
                noted.last = now

    def due(self) -> list[str]:
        """The media that have changed and are quiet again, or have not been quiet for too long; each is given once."""
        now = time.monotonic()
        with self._lock:
            ready = [name for name, one in self._noted.items() if now - one.last >= self.quiet or now - one.first >= self.longest]
            for name in ready:
                del self._noted[name]
        return ready

    def stop(self) -> None:
        """Watch nothing any more."""
        for observer in self._observers.values():
            observer.stop()
        self._observers.clear()
        self._watched.clear()

    def _begin(self, name: str) -> None:
        watched = self._watched[name]
        kinds: list[type[BaseObserver]] = [PollingObserver] if is_remote(watched.place.folder) else [InotifyObserver, PollingObserver]
        for kind in kinds:
            try:
                observer = self._observer(kind)
                watched.watch = observer.schedule(
                    _Handler(name, watched.place.only, self.note),
                    str(watched.place.folder),
                    recursive=watched.place.only is None,
                    event_filter=_OF_INTEREST,
                )
            except OSError as error:
                _log.warning(f"medium {name}: changes cannot be watched for with {kind.__name__}: {error.strerror or error}")
                continue
            watched.observer = observer
            return

    def _observer(self, kind: type[BaseObserver]) -> BaseObserver:
        observer = self._observers.get(kind)
        if observer is None:
            observer = kind(timeout=self.poll if kind is PollingObserver else 1.0)  # type: ignore[call-arg]
            observer.daemon = True
            observer.start()
            self._observers[kind] = observer
        return observer

    def _leave(self, name: str) -> None:
        watched = self._watched.pop(name, None)
        if watched is not None and watched.observer is not None and watched.watch is not None:
            with suppress(KeyError, OSError):  # it ended by itself with the folder
                watched.observer.unschedule(watched.watch)


class _Handler(FileSystemEventHandler):
    """Hears of everything below a place and passes on that it was this medium's."""

    def __init__(self, name: str, only: str | None, note: Callable[[str], None]) -> None:
        self._name, self._only, self._note = name, only, note

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called by the observer's thread."""
        names = {Path(os.fsdecode(path)).name for path in (event.src_path, event.dest_path) if path}
        if self._only is None or self._only in names:
            self._note(self._name)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

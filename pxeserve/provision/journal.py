"""What this listener tells the record: each media file, answerfile, script and progress report, with whom it concerns.

Tokens never come here. May be called from several threads.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pxeserve.domain.medium import Medium
from pxeserve.domain.misses import Misses
from pxeserve.events.clients import Clients
from pxeserve.events.record import Event, harmless
from pxeserve.events.recorder import Recorder
from pxeserve.handout.answer import Who
from pxeserve.installs.logs import Kept
from pxeserve.provision.repeats import Repeats, Several
from pxeserve.repo.packages import Packages

_MISSES = ("not-found", "changed")
_TOKEN = re.compile(r"((?:^|/)(?:[asp]|fb)/+[\w-]{6})[\w-]{20,}", re.ASCII)
"""A machine's token in a path: what asks for it in another way than an installer may well ask for one that is good."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """A media response that has ended: `sent` of `total` body bytes in `seconds`; `outcome` is done, cut, not-found, or changed
    (the medium has it, and it is not what was imported any more)."""

    address: str
    medium: Medium
    path: str
    status: int
    sent: int
    total: int
    start: int
    seconds: float
    outcome: str


@dataclass(frozen=True, slots=True)
class BootFile:
    """A file of a network boot: `name` beneath the boot's own folder, `sent` bytes in `seconds`. `outcome` is done, part (a range that was
    asked for, as GRUB does), cut, not-found or changed; `rule` says what resolved the name."""

    address: str
    name: str
    outcome: str
    sent: int
    seconds: float
    rule: str


class Journal:
    """Makes events of what happened and hands them to the worker. `clock` gives epoch seconds.

    An `http.file` with `times` tells of so many transfers within a second, their bytes and seconds added up: of one file, or of those
    that `files` lists, each with its path, status, times and bytes. They came on top of what was told by itself. `repeats` is for the
    loop's thread alone, and so is `flush`.
    """

    def __init__(self, recorder: Recorder, clients: Clients, packages: Packages, clock: Callable[[], float]) -> None:
        self._recorder = recorder
        self._clients = clients
        self._packages = packages
        self._clock = clock
        self._lock = threading.Lock()
        self._misses = Misses()
        self.repeats = Repeats()

    def transfer(self, one: Transfer) -> None:
        """`http.file`: a media file was delivered whole or cut, or a medium does not have it. Misses beyond 100 a minute and
        address are only counted, so that one who guesses names does not fill the record."""
        if one.outcome in _MISSES:
            self.count("media-404" if one.outcome == "not-found" else "media-changed")
            if self._too_many(one.address):
                return
        more: dict[str, Any] = {"range": f"{one.start}-{one.start + one.total - 1}"} if one.status == 206 else {}
        self._file(one, _sentence(one), more)

    def _file(self, one: Transfer, text: str, more: dict[str, Any]) -> None:
        data: dict[str, Any] = {
            "medium": one.medium.name,
            "path": harmless(one.path),
            "status": one.status,
            "bytes": one.sent,
            "total": one.total,
            "seconds": round(one.seconds, 6),
            "outcome": one.outcome,
            **more,
        }
        number = self._packages.number(one.medium, one.path)
        if number is not None:
            data["package"], data["packages"] = number
            text += f" (package {number[0]} of {number[1]})"
        self._emit("http.file", one.address, text, data)

    def _several(self, several: Several) -> None:
        times = sum(one[2] for one in several.files)
        sent = sum(one[3] for one in several.files)
        if len(several.files) == 1:
            path, status, _, _ = several.files[0]
            whole = Transfer(several.address, several.medium, path, status, sent, sent, 0, several.seconds, "done")
            return self._file(whole, f"{_sentence(whole)} in {times} transfers", {"times": times})
        data: dict[str, Any] = {
            "medium": several.medium.name,
            "files": [(_known_harmless(path), status, often, size) for path, status, often, size in several.files],
            "times": times,
            "bytes": sent,
            "total": sent,
            "seconds": round(several.seconds, 6),
            "outcome": "done",
        }
        text = f"{several.medium.name}: {len(several.files)} files, {sent} bytes in {times} transfers"
        numbers = self._packages.numbers(several.medium)
        latest = max(numbers.get(one[0], 0) for one in several.files)
        if latest:
            data["package"], data["packages"] = latest, len(numbers)
            text += f" (up to package {latest} of {len(numbers)})"
        return self._emit("http.file", several.address, text, data)

    def boot(self, one: BootFile, who: Who) -> None:
        """`http.boot`: a loader, menu, kernel or RAM disk. What names no session is attributed by its address."""
        if one.outcome in _MISSES:
            self.count("boot-404" if one.outcome == "not-found" else "boot-changed")
            if self._too_many(one.address):
                return
        name = _TOKEN.sub(r"\1…", harmless(one.name))
        data = {"file": name, "outcome": one.outcome, "bytes": one.sent, "seconds": round(one.seconds, 6), "rule": one.rule}
        now = self._clock()
        near = self._clients.who(one.address, now) if who.mac is None else None
        mac, host = (near.mac, near.host) if near else (who.mac, who.host)
        text = f"{name}: {one.outcome}, {one.sent} bytes"
        event = Event("http.boot", now, text, host=host, mac=mac, address=one.address, install=who.install, session=who.session, data=data)
        with self._lock:
            self._recorder.emit(event)

    def answerfile(self, address: str, install: str, outcome: str, sent: int) -> None:
        """`http.answerfile`: `outcome` is delivered, refused (the install moved on meanwhile), cut (the machine hung up: nothing was
        consumed) or committed (it hung up at the very last byte)."""
        self._emit("http.answerfile", address, f"answerfile {outcome}", {"outcome": outcome, "bytes": sent}, install)

    def answerfile_missed(self, address: str) -> None:
        """`http.answerfile` with the outcome not-found: an answerfile was asked for with a token that opens none, or none any more. Told of
        for machines that are known, and beyond 100 a minute and address not at all."""
        if self._too_many(address):
            return
        now = self._clock()
        who = self._clients.who(address, now)
        if who.host is None:
            return
        text = "asked for an answerfile that is not there, or no longer: its token is used up, has lapsed, or is another machine's"
        data = {"outcome": "not-found", "bytes": 0}
        event = Event("http.answerfile", now, text, host=who.host, mac=who.mac, address=address, install=who.install, data=data)
        with self._lock:
            self._recorder.emit(event)

    def script(self, address: str, name: str, size: int) -> None:
        """`http.script`: a hook script of `size` bytes was handed out."""
        self._emit("http.script", address, f"script {harmless(name)}", {"name": harmless(name), "bytes": size})

    def progress(self, address: str, stage: str) -> None:
        """`http.progress`: the machine reported a stage."""
        self._emit("http.progress", address, f"reports {stage}", {"stage": stage})

    def log(self, address: str, kept: Kept) -> None:
        """`http.log`: the end of the installer's log came and is kept; its last lines tell most."""
        data = {"stage": kept.stage, "bytes": kept.size, "last": list(kept.last)}
        self._emit("http.log", address, f"the end of the installer's log came: {kept.size} bytes", data, kept.install)

    @property
    def full(self) -> bool:
        """Whether one more event would be lost; then it need not be told, only counted with `lost`."""
        return self._recorder.full

    @property
    def waiting(self) -> bool:
        """Whether events are to be handed over."""
        return self._recorder.waiting

    def lost(self) -> None:
        """An event that there was no room for."""
        with self._lock:
            self._recorder.lost()

    def hand_over(self) -> None:
        """Give the worker what waits; to be called once a turn, so that a crowd's files wake it once."""
        with self._lock:
            self._recorder.hand_over()

    def count(self, reason: str) -> None:
        """Something too frequent or too doubtful for an event of its own."""
        with self._lock:
            self._recorder.count(reason)

    def flush(self) -> None:
        """Hand over the counters and what was fetched again; to be called once a second."""
        for several in self.repeats.take():
            self._several(several)
        with self._lock:
            self._recorder.flush()

    def _emit(self, kind: str, address: str, text: str, data: dict[str, Any], install: str | None = None) -> None:
        now = self._clock()
        who = self._clients.who(address, now)
        event = Event(kind, now, text, host=who.host, mac=who.mac, address=address, install=install or who.install, data=data)
        with self._lock:
            self._recorder.emit(event)

    def _too_many(self, address: str) -> bool:
        with self._lock:
            return not self._misses.admit(address, self._clock())


_known_harmless = lru_cache(maxsize=4096)(harmless)


def _sentence(one: Transfer) -> str:
    name = f"{one.medium.name}/{harmless(one.path)}"
    match one.outcome:
        case "done":
            return f"{name}: {one.sent} bytes"
        case "cut":
            return f"{name}: cut after {one.sent} of {one.total} bytes"
        case "changed":
            return f"{name}: refused, as it is not what was imported any more: pxeserve media verify {one.medium.name}"
        case _:
            return f"{name}: not there"

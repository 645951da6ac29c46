"""Who answers what: media from the open files, everything else by the application in a thread; and the record is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.events.clients import Clients
from pxeserve.events.recorder import Recorder
from pxeserve.handout.answer import Who
from pxeserve.handout.names import Asked
from pxeserve.provision import wsgi
from pxeserve.provision.app import Acts, Services, make_app
from pxeserve.provision.bodies import Room
from pxeserve.provision.booting import Boots
from pxeserve.provision.connection import Connection
from pxeserve.provision.head import Request
from pxeserve.provision.journal import BootFile, Journal, Transfer
from pxeserve.provision.listing import Listing
from pxeserve.provision.media import FolderAsked, MediaFiles
from pxeserve.provision.phase import STALL_SECONDS
from pxeserve.provision.pool import Pool
from pxeserve.provision.responses import FileReply, ShortReply
from pxeserve.repo.packages import Packages
from pxeserve.repo.visible import Visible
from pxeserve.shelf import Shelf
from pxeserve.snapshot import SnapshotSource
from pxeserve.store import Store


@dataclass(slots=True)
class Machines:
    """The house of all connections (`connection.House`). `give_back` is the loop's, for what threads have done."""

    own: frozenset[str]
    files: MediaFiles
    journal: Journal
    app: Flask
    pool: Pool
    boots: Boots | None = None
    bodies: Room = field(default_factory=Room)
    give_back: Callable[[Connection, bool], None] = field(default=lambda _connection, _whole: None)

    def close(self) -> None:
        """Let threads end and give back what is open."""
        self.pool.close(0.1)
        self.journal.flush()
        self.files.close()

    def wall(self) -> float:
        """Epoch seconds."""
        return time.time()

    def turn(self, asked: int) -> None:
        """Ask the store whether anything has changed."""
        self.files.look(self.wall(), asked)

    def again(self, raw: bytes) -> FileReply | None:
        """Answer what was asked before."""
        return self.files.again(raw)

    def remember(self, raw: bytes, request: Request, answer: FileReply) -> None:
        """Know it when it is asked again."""
        self.files.remember(raw, request, answer)

    def media(self, request: Request, *, keep: bool) -> FileReply | ShortReply | FolderAsked:
        """Answer from the open files."""
        return self.files.answer(request, self.wall(), keep=keep)

    def hand_over(self, connection: Connection, request: Request, body: bytes) -> bool:
        """Have the application answer in a thread."""
        return self.pool.submit(lambda: self._compute(connection, request, body))

    def ended(self, peer: str, answer: FileReply | ShortReply, sent: int, seconds: float, *, whole: bool) -> None:
        """Tell the record of a media response: a file that was sent or cut, a name that its medium lacks. The rest is counted."""
        if whole and isinstance(answer, FileReply) and self.journal.repeats.counted(peer, answer, sent, seconds):
            return
        if answer.asked is not None and self.boots is not None:
            self._boot_file(self.boots, peer, answer.asked, answer, sent, seconds, whole=whole)
        elif answer.medium is None:
            self.journal.count(f"media-{answer.status}")
        elif self.journal.full:
            self.journal.lost()
        elif isinstance(answer, ShortReply):
            outcome = "changed" if answer.changed else "not-found"
            self.journal.transfer(Transfer(peer, answer.medium, answer.path, answer.status, 0, 0, 0, seconds, outcome))
        elif answer.carries:
            outcome = "done" if whole else "cut"
            one = Transfer(peer, answer.medium, answer.path, answer.status, sent, answer.length, answer.start, seconds, outcome)
            self.journal.transfer(one)
        else:
            self.journal.count("media-head")

    def _boot_file(
        self, boots: Boots, peer: str, asked: Asked, answer: FileReply | ShortReply, sent: int, seconds: float, *, whole: bool
    ) -> None:
        """A file of a boot's payload: told as part of that boot; and the one that uses up an install does so once all of it was sent."""
        if isinstance(answer, FileReply) and not answer.carries:
            return self.journal.count("boot-head")
        if isinstance(answer, FileReply) and answer.whole and whole and asked.install is not None:
            boots.delivered(asked.install, peer)
        outcome = ("changed" if answer.changed else "not-found") if isinstance(answer, ShortReply) else "done" if whole else "cut"
        part = isinstance(answer, FileReply) and not answer.whole
        try:
            who = boots.who(asked)
        except SQLAlchemyError:
            who = Who()
        name = f"i/{asked.install}/{asked.name}" if asked.install else asked.name
        self.journal.boot(BootFile(peer, name, "part" if part and outcome == "done" else outcome, sent, seconds, ""), who)
        return None

    def count(self, reason: str) -> None:
        """Something for the counters."""
        self.journal.count(reason)

    def _compute(self, connection: Connection, request: Request, body: bytes) -> None:
        whole = False
        try:
            connection.sock.settimeout(STALL_SECONDS)
            whole = wsgi.answer(self.app, request, body, connection.sock, connection.peer)
            connection.sock.setblocking(False)
        except OSError:
            self.journal.count("hung-up")
        finally:
            self.give_back(connection, whole)


def build(
    data: Path, store: Store, recorder: Recorder, acts: Acts, own: frozenset[str], boots: Boots | None = None
) -> Machines:
    """Everything that answers for the data folder `data`, with the three acts on installs given from outside. Without `boots` no
    network boot is served, only its installation."""
    journal = Journal(recorder, Clients(store, SnapshotSource(store).current), Packages(store), time.time)
    app = make_app(Services(acts, Listing(store), journal, boots))
    return Machines(own, MediaFiles(Visible(store).current, data, Shelf(store, data)), journal, app, Pool(), boots)

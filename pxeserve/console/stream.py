"""One live stream: which events it wants, and those that wait for its reader. Refuses to know where they come from, and what they mean."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from pxeserve.operations.context import Actor
from pxeserve.snapshot import Snapshot
from pxeserve.store.events import EventRow

_BACKLOG = 1000
"""Events that wait for a slow reader; beyond them it is told to look at everything anew."""


@dataclasses.dataclass(frozen=True, slots=True)
class Topic:
    """Which events a stream wants: each field narrows. `kind` is a kind, or the beginning of one up to a dot."""

    hosts: frozenset[str] | None = None
    racks: frozenset[str] | None = None
    kind: str | None = None

    def wants(self, row: EventRow, snapshot: Snapshot) -> bool:
        """Whether `row` belongs to it; who stands in a rack is asked of `snapshot`."""
        if self.kind is not None and row.kind != self.kind and not row.kind.startswith(f"{self.kind}."):
            return False
        if self.hosts is None and self.racks is None:
            return True
        if row.host is None:
            return False
        if self.hosts is not None and row.host in self.hosts:
            return True
        host = snapshot.hosts.get(row.host)
        return self.racks is not None and host is not None and host.rack in self.racks


class Told:
    """An event as it is told: put into words once, by the first who tells it, however many hear it."""

    def __init__(self, row: EventRow) -> None:
        self.row = row
        self._text: str | None = None

    @property
    def text(self) -> str:
        """As a server-sent event."""
        if self._text is None:
            text = json.dumps(self.row.plain(), ensure_ascii=False, separators=(",", ":"))
            self._text = f"id: {self.row.id}\nevent: record\ndata: {text}\n\n"
        return self._text


class Wish(Protocol):
    """Says which events a stream wants."""

    def wants(self, row: EventRow, snapshot: Snapshot) -> bool:
        """Whether `row` is one of them."""
        ...


class Stream:
    """One reader. `offer` is the hub's side, `take` the reader's; each is one thread's."""

    def __init__(self, actor: Actor, topics: tuple[Wish, ...], seen: int) -> None:
        self.actor = actor
        self.seen = seen
        """The id of the last event that the hub had read when this began, or that was offered since."""
        self._topics = topics
        self._news: deque[Told] = deque()
        self._lost = self._over = False
        self._came = threading.Condition()

    def wants(self, row: EventRow, snapshot: Snapshot) -> bool:
        """Whether all its topics want `row`."""
        return all(topic.wants(row, snapshot) for topic in self._topics)

    def offer(self, news: Sequence[Told], snapshot: Snapshot) -> None:
        """What was written now."""
        wanted = [one for one in news if self.wants(one.row, snapshot)]
        if not wanted:
            return
        with self._came:
            self._news += wanted
            if len(self._news) > _BACKLOG:
                self._news.clear()
                self._lost = True
            self._came.notify()

    def end(self) -> None:
        """No more will come."""
        with self._came:
            self._over = True
            self._came.notify()

    def take(self, seconds: float) -> tuple[list[Told], bool] | None:
        """What came, after waiting for `seconds` at most, and whether anything before it was lost; None when the stream is over."""
        with self._came:
            self._came.wait_for(lambda: self._news or self._lost or self._over, seconds)
            if self._over:
                return None
            news, lost = list(self._news), self._lost
            self._news.clear()
            self._lost = False
            return news, lost

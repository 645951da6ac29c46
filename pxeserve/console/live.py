"""Live streams: the record as it is written, to whoever has a page open (server-sent events, WHATWG HTML section 9.2).

One thread reads the record for all streams, and asks of it what `events --follow` asks: a question of microseconds twice a second while
nothing happens. Each stream waits for what it wants, and a stream whose session ended ends within a second. Refuses to know what an event
means.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import structlog
from flask import Blueprint, Request, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.console.gate import route
from pxeserve.console.stream import Stream, Told, Topic, Wish
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.operations.context import Actor
from pxeserve.operations.people.entrance import Entrance
from pxeserve.operations.within import refuse_others
from pxeserve.snapshot import Snapshot, shared
from pxeserve.store import Store
from pxeserve.store import events as stored

IN_ALL = 256
OF_ONE = 16
"""Streams at once: of everybody, and of one session or token."""

PING = 15.0
"""Seconds after which a stream that has nothing to say says so: a peer that is gone is noticed by this."""

_POLL = 0.5
_LOOK = 15.0
"""Seconds after which sessions are looked at though nobody has changed anything: their time may be up."""

_AT_ONCE = 500
_AT_A_TIME = 16

_RETRY = 3000
log = structlog.get_logger("console")
blueprint = Blueprint("live", __name__)


class Hub:
    """All streams, and the one thread that reads for them; it starts with the first of them."""

    def __init__(self, store: Store, entrance: Entrance) -> None:
        self._store, self._entrance = store, entrance
        self._streams: list[Stream] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._moments: tuple[object, object] = (None, None)
        self._seen = 0
        self._looked = 0.0

    def open(self, actor: Actor, topics: tuple[Wish, ...]) -> Stream:
        """A stream for `actor` of what all of `topics` want, from now on. Raises PxeserveError where there are too many."""
        with self._lock:
            if self._closed.is_set() or len(self._streams) >= IN_ALL:
                raise PxeserveError("too many pages are followed live", code="busy", fix="ask for events now and then: GET /api/v1/events")
            if Counter(stream.actor.key for stream in self._streams)[actor.key] >= OF_ONE:
                raise PxeserveError(f"{OF_ONE} streams of one session are open", code="too-many", fix="close a page, or ask now and then")
            if not self._streams:
                self._seen = self._newest()
                self._moments = (None, None)
            stream = Stream(actor, topics, self._seen)
            self._streams.append(stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._read_on, name="live", daemon=True)
                self._thread.start()
        return stream

    def leave(self, stream: Stream) -> None:
        """The reader is gone. Once is enough, and more does no harm."""
        with self._lock:
            if stream in self._streams:
                self._streams.remove(stream)

    def close(self) -> None:
        """End all streams, for good."""
        with self._lock:
            self._closed.set()
            for stream in self._streams:
                stream.end()

    def missed(self, stream: Stream, since: int) -> tuple[list[Told], bool]:
        """What `stream` wants of what was written after the event `since` and before it began; and whether that is too much to tell."""
        with self._store.events.read() as connection:
            rows = stored.following(connection, stored.Wanted(since=since, until=stream.seen + 1), _AT_ONCE + 1)
        snapshot = self.known()
        return [Told(row) for row in rows[:_AT_ONCE] if stream.wants(row, snapshot)], len(rows) > _AT_ONCE

    def known(self) -> Snapshot:
        """The inventory now."""
        return shared(self._store).current()

    @property
    def count(self) -> int:
        """How many streams there are."""
        return len(self._streams)

    def _newest(self) -> int:
        with self._store.events.read() as connection:
            return stored.newest_id(connection)

    def _read_on(self) -> None:
        while not self._closed.wait(_POLL):
            if not self._streams:
                continue
            try:
                self._look(self._store.events.moment(), self._store.site.moment())
            except SQLAlchemyError as error:
                log.warning(f"live streams wait, as the record cannot be read now: {error}")
                self._closed.wait(_POLL)

    def _look(self, events: object, site: object) -> None:
        before = self._moments
        if events != before[0]:
            self._hand_out()
        now = time.monotonic()
        if site != before[1] or now - self._looked >= _LOOK:
            self._looked = now
            self._end_those_of_ended_sessions()
        self._moments = (events, site)

    def _hand_out(self) -> None:
        whole = False
        while not whole:
            with self._store.events.read() as connection:
                rows = stored.following(connection, stored.Wanted(since=self._seen), _AT_ONCE)
            whole = len(rows) < _AT_ONCE
            news = [Told(row) for row in rows]
            snapshot = self.known()
            with self._lock:
                if rows:
                    self._seen = rows[-1].id
                for stream in self._streams:
                    stream.offer(news, snapshot)

    def _end_those_of_ended_sessions(self) -> None:
        with self._lock:
            streams = list(self._streams)
        alive = self._entrance.alive({stream.actor.key for stream in streams})
        for stream in streams:
            if stream.actor.key not in alive:
                stream.end()


@route(blueprint, "/live", verb="events")
def live() -> Response:
    """Events as they are written, as server-sent events named `record`, of `host`, `rack` and `kind` (the first two more than once), or of
    everything. `Last-Event-ID`, or `since`, brings what was missed; `reset` tells a reader that too much was, and that it should load
    what it shows."""
    if request.method == "HEAD":
        return streaming(Response())
    hub: Hub = current_app.extensions["live"]
    since = since_of(request)
    stream = hub.open(g.actor, _topics(hub))
    response = Response(said(hub, stream, since))
    response.call_on_close(lambda: hub.leave(stream))
    return streaming(response)


def streaming(response: Response) -> Response:
    """`response` as a stream of events."""
    response.mimetype = "text/event-stream"
    response.headers["X-Accel-Buffering"] = "no"  # nginx hands it on as it comes
    return response


def _topics(hub: Hub) -> tuple[Wish, ...]:
    """What is asked for, and what the asker is limited to. Raises NotFoundError for a host or rack that is none, and RefusedError for what
    the asker may not ask about."""
    hosts, racks = frozenset(request.args.getlist("host")), frozenset(request.args.getlist("rack"))
    known = hub.known()
    refuse_others(g.actor, hosts, racks, known.hosts)
    for name in sorted(hosts - known.hosts.keys()):
        raise NotFoundError(f"there is no host {name[:100]}")
    for name in sorted(racks - {host.rack for host in known.hosts.values()}):
        raise NotFoundError(f"there is no rack {name[:100]}")
    asked = Topic(hosts, racks, request.args.get("kind")) if hosts or racks else Topic(kind=request.args.get("kind"))
    return (asked, *allowed(g.actor))


def allowed(actor: Actor) -> tuple[Wish, ...]:
    """What `actor` is limited to."""
    return () if actor.limit is None else (Topic(actor.limit.hosts, actor.limit.racks),)


def since_of(request: Request) -> int | None:
    """The last event that the reader has, by its header, or by the address that it began with. Raises PxeserveError when that is no
    event's id."""
    header = request.headers.get("Last-Event-ID", "").strip()
    said = header or request.args.get("since", "")
    if not said:
        return None
    if not said.isascii() or not said.isdigit() or len(said) > 18:  # SQLite's integers
        raise PxeserveError(f"{'Last-Event-ID' if header else 'since'} is not the id of an event", code="malformed")
    return int(said)


def said(hub: Hub, stream: Stream, since: int | None) -> Iterator[str]:
    """What the stream tells, from the event after `since` on where one is said, until it is over. A few events at a time: rows that wait
    for slow readers are shared by all of them, and texts are not."""
    yield f"retry: {_RETRY}\n\n"
    if since is not None:
        before, lost = hub.missed(stream, since)
        yield from (_reset(stream.seen),) if lost else _texts(before)
    yield f"id: {stream.seen}\nevent: here\ndata: {stream.seen}\n\n"
    while (taken := stream.take(PING)) is not None:
        news, lost = taken
        if lost and news:
            yield _reset(news[0].row.id - 1)
        elif lost:
            yield "event: reset\ndata: {}\n\n"
        yield from _texts(news) if news else (": nothing new\n\n",)


def _texts(news: Sequence[Told]) -> Iterator[str]:
    for first in range(0, len(news), _AT_A_TIME):
        yield "".join(one.text for one in news[first : first + _AT_A_TIME])


def _reset(seen: int) -> str:
    return f"id: {seen}\nevent: reset\ndata: {{}}\n\n"

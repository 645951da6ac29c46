"""One webhook's way through the record: the next event, posted until it was taken, and then the one after it.

The cursor is written down after the answer, so that a service which is killed between the two posts the event again, with the same id: at
least once, and in order. Where the other side does not take anything for a day, or ten thousand events wait for it, the oldest are given
up, counted, and the record is told. Refuses to know threads, and how a message travels.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import structlog

from pxeserve.config.outlets import WebhookConfig
from pxeserve.errors import PxeserveError
from pxeserve.events.record import Event
from pxeserve.events.recorder import Recorder
from pxeserve.outlets.webhooks.message import of_event
from pxeserve.outlets.webhooks.sending import NotDeliveredError, Sender
from pxeserve.outlets.webhooks.signing import headers, secrets
from pxeserve.store import Store
from pxeserve.store import webhooks as stored
from pxeserve.store.events import EventRow, newest_id
from pxeserve.store.webhooks import HookRow

REST = 1.0
"""Seconds between two looks at the record."""

MOST_WAITING = 10_000
DAY = 86_400.0
LONGEST_WAIT = 900.0
"""Seconds between two attempts at most, but for a longer pause that the other side asks for."""

_AHEAD = 50
_WRITE_DOWN = 1000
_LONGEST_PAUSE = 3600.0
_log = structlog.get_logger("worker")


def wait_after(attempts: int) -> float:
    """Seconds to wait after so many attempts in vain: 1, 2, 4 … 900, shortened by up to a half, so that hooks that failed together do not
    come back together."""
    return min(2.0 ** min(attempts - 1, 20), LONGEST_WAIT) * random.uniform(0.5, 1.0)  # noqa: S311 - nothing is to be guessed here


class Hook:
    """For one thread. `clock` gives epoch seconds, `wait` the pause after so many attempts; `data` is where a relative path begins."""

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        config: WebhookConfig,
        data: Path,
        *,
        sender: Sender | None = None,
        clock: Callable[[], float] = time.time,
        wait: Callable[[int], float] = wait_after,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._config = config
        self._secret_file = data / config.secret_file
        self._sender = sender or Sender(config)
        self._clock = clock
        self._wait = wait
        self._most_waiting = most_waiting
        self._closed = False
        self._row: HookRow | None = None
        self._ahead: deque[EventRow] = deque()
        self._moment: object = None
        self._looked = 0
        """Up to this event nothing is left to be posted but what is in `_ahead`."""

    def close(self) -> None:
        """End. A post that is under way is cut off, which says nothing about the other side."""
        self._closed = True
        self._sender.close()

    def turn(self) -> float:
        """Do what can be done now; how many seconds may pass before the next turn. Raises SQLAlchemyError when the store cannot be used."""
        row = self._begun()
        now = self._clock()
        if row.again_at is not None and 0 < row.again_at - now <= _LONGEST_PAUSE:  # a clock set back holds nothing up
            return min(row.again_at - now, REST)
        event = self._next(row)
        if event is None:
            return REST
        try:
            result = self._post(event, now)
        except NotDeliveredError as error:
            if not self._closed:
                self._failed(row, event, error, now)
            return 0.0
        self._delivered(row, event, result, now)
        return 0.0

    def _begun(self) -> HookRow:
        if self._row is None:
            name = self._config.name
            with self._store.events.write() as connection:
                self._row = stored.find(connection, name) or stored.begin(connection, name)
            self._looked = self._row.cursor
        return self._row

    def _next(self, row: HookRow) -> EventRow | None:
        """The event that is to be posted now."""
        if self._ahead:
            return self._ahead[0]
        moment = self._store.events.moment()  # before anything is read: a commit that comes between is seen the next time
        if moment == self._moment:
            return None
        with self._store.events.read() as connection:
            newest = newest_id(connection)
            self._ahead.extend(stored.following(connection, self._config.events, self._looked, _AHEAD))
        self._looked = self._ahead[-1].id if len(self._ahead) == _AHEAD else max(self._looked, newest)
        if self._ahead:
            return self._ahead[0]
        self._moment = moment
        if self._looked - row.cursor >= _WRITE_DOWN:  # so that a restart does not look through all of it again
            self._change(replace(row, cursor=self._looked))
        return None

    def _post(self, event: EventRow, now: float) -> str:
        """What it was answered when it was taken. Raises NotDeliveredError."""
        assert self._row is not None
        message = of_event(self._row.stream, event)
        try:
            signed = headers(message, int(now), secrets(self._secret_file))
        except PxeserveError as error:
            raise NotDeliveredError(f"cannot be signed: {error}") from None
        answer = self._sender.post(signed, message.body)
        if not answer.taken:
            raise NotDeliveredError(f"{self._sender.where} {answer}", answer.pause)
        return str(answer)

    def _delivered(self, row: HookRow, event: EventRow, result: str, now: float) -> None:
        well = replace(row, attempts=0, failing_since=None, again_at=None, last_at=now, last_result=result)
        self._change(replace(well, cursor=event.id, delivered=row.delivered + 1))
        self._ahead.popleft()
        if row.failing_since is not None:
            _log.info(f"webhook {row.name} takes events again", webhook=row.name)

    def _failed(self, row: HookRow, event: EventRow, error: NotDeliveredError, now: float) -> None:
        attempts = row.attempts + 1
        pause = max(self._wait(attempts), float(error.pause))
        since = now if row.failing_since is None or row.failing_since > now else row.failing_since
        failed = replace(row, refused=row.refused + 1, attempts=attempts, failing_since=since, again_at=now + pause)
        self._change(self._with_the_oldest_given_up(replace(failed, last_at=now, last_result=str(error)), now))
        if row.failing_since is None:
            _log.warning(f"webhook {row.name} does not take event {event.id}: {error}; it is tried again for a day", webhook=row.name)

    def _with_the_oldest_given_up(self, row: HookRow, now: float) -> HookRow:
        """`row`, without what has waited too long, and what is too much."""
        kinds = self._config.events
        with self._store.events.read() as connection:
            waiting = stored.waiting(connection, kinds, row.cursor).count
            too_many = max(waiting - self._most_waiting, 0)
            failing = row.failing_since is not None and now - row.failing_since > DAY
            too_old = stored.older(connection, kinds, row.cursor, now - DAY) if failing else 0
            count = max(too_many, too_old)
            if not count:
                return row
            cursor = stored.skipped(connection, kinds, row.cursor, count)
        self._ahead.clear()
        self._looked, self._moment = cursor, None
        why = "more wait than are kept" if too_many >= too_old else "they were not taken for a day"
        several = "event" if count == 1 else "events"
        text = f"webhook {row.name}: {count} {several} up to {cursor} given up: {why}; the last answer: {row.last_result}"
        _log.error(text, webhook=row.name)
        data = {"webhook": row.name, "count": count, "after": row.cursor, "last": cursor}
        self._recorder.emit(Event("webhook.dropped", now, text, data=data))
        return replace(row, cursor=cursor, dropped=row.dropped + count, attempts=0)

    def _change(self, row: HookRow) -> None:
        """Write it down, and only then believe it."""
        with self._store.events.write() as connection:
            stored.change(connection, row.name, asdict(row))
        self._row = row

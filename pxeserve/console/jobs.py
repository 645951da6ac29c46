"""Carries jobs out: verbs that take too long to wait for, a few at a time, in threads of this process. What becomes of them is in the
store.

A job is its asker's: it may do what that one may. When the process has ended under it, an import is taken up again at the next start, and
any other job is told as interrupted. What was asked for is kept sealed: it may be an address with a key in it. Refuses to know HTTP, and
what a verb does.
"""

from __future__ import annotations

import base64
import json
import queue
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError

from pxeserve.config import Config
from pxeserve.console.incidents import IncidentError
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.events.recorder import Recorder
from pxeserve.installs.seal import closed, opened
from pxeserve.keys import load_keys
from pxeserve.operations import registry
from pxeserve.operations.context import Actor, Context, Progress
from pxeserve.store import Store
from pxeserve.store import jobs as stored
from pxeserve.store.jobs import LIVE, JobRow

SIDE_BY_SIDE = 3
MOST = 64
"""Jobs that run or wait at once."""
KEPT = 7 * 86400
"""Seconds for which an ended job can be looked at."""

_RESUMED = frozenset({"media.import"})
"""Verbs that go on where they were when they are asked for once more."""
_ATTEMPTS = 3
_STEP = 1.0
"""Seconds between two looks at how far a job is, and whether it is to stop."""

log = structlog.get_logger("console")


class JobStoppedError(PxeserveError):
    """Somebody wished the job to stop."""

    def __init__(self, actor: str) -> None:
        super().__init__(f"{actor} had it stopped", code="cancelled")


class Bench:
    """The threads that carry jobs out, begun when they are needed. One for each process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: queue.SimpleQueue[tuple[Context, JobRow]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._ended: dict[str, threading.Event] = {}

    def begin(self, context: Context, verb: str, arguments: Mapping[str, Any], about: str) -> str:
        """Have `verb` carried out; the id of the job. Raises RefusedError for an actor who may not, and PxeserveError (`busy`) when too
        many wait."""
        # now: who takes a job up after a restart knows nothing of its limits
        registry.admit_asking(context, registry.verbs()[verb], arguments)
        now = time.time()
        row = JobRow(secrets.token_hex(8), verb, about, _plain(arguments), context.actor.name, int(context.actor.role), "waiting", now)
        kept = _sealed(row, load_keys(context.config.server.data).seal)
        with self._store.site.write() as connection:
            stored.forget(connection, now - KEPT)
            if stored.count(connection, LIVE) >= MOST:
                raise PxeserveError(f"{MOST} jobs run or wait already", code="busy", fix="try again when one of them has ended")
            stored.add(connection, kept)
        self._put(context, row)
        return row.id

    def take_up(self, config: Config, recorder: Recorder) -> None:
        """At the start of the process: go on with what can go on, and tell the rest as interrupted."""
        key = load_keys(config.server.data).seal
        going_on: list[JobRow] = []
        with self._store.site.write() as connection:
            for row in stored.listed(connection, LIVE, MOST * 2):
                try:
                    going_on.append(_taken_up(row, key))
                    stored.change(connection, row.id, state="waiting", text="to be taken up where it was")
                except PxeserveError as error:
                    stored.change(connection, row.id, state="interrupted", ended_at=time.time(), problem=_problem(error))
        for row in going_on:
            actor = Actor(row.actor, Role(row.role))
            self._put(Context(config, self._store, actor, lambda _: None, recorder), row)

    def wait(self, job_id: str, seconds: float) -> bool:
        """Whether the job has ended, or does within so many seconds."""
        ended = self._ended.get(job_id)
        return ended is None or ended.wait(seconds)

    def _put(self, context: Context, row: JobRow) -> None:
        with self._lock:
            self._ended[row.id] = threading.Event()
            self._waiting.put((context, row))
            if self._threads < SIDE_BY_SIDE:
                self._threads += 1
                threading.Thread(target=self._work, name=f"job-{self._threads}", daemon=True).start()

    def _work(self) -> None:
        while True:
            context, row = self._waiting.get()
            try:
                self._carry_out(context, row)
            except Exception:
                log.exception("what became of a job could not be written down", job=row.id, verb=row.verb)
            finally:
                with self._lock:
                    self._ended.pop(row.id).set()

    def _carry_out(self, context: Context, row: JobRow) -> None:
        with self._store.site.write() as connection:
            now = stored.by_id(connection, row.id)
            if now is None:
                return
            if now.cancelled_by is not None:
                self._ends(row.id, "cancelled", problem=_problem(JobStoppedError(now.cancelled_by)), connection=connection)
                return
            stored.change(connection, row.id, state="running", began_at=time.time(), attempts=now.attempts + 1, text="")
        teller = Teller(self._store, row.id)
        try:
            result = registry.call(replace(context, report=teller.report), row.verb, row.arguments)
            result = list(result) if isinstance(result, Iterator) else result
            teller.last()
            self._ends(row.id, "done", result=_plain(result))
        except PxeserveError as error:
            self._ends(row.id, "cancelled" if isinstance(error, JobStoppedError) else "failed", problem=_problem(error))
        except Exception:
            met = IncidentError("job")
            log.exception("a job failed in a way that was not foreseen", incident=met.number, job=row.id, verb=row.verb)
            self._ends(row.id, "failed", problem=_problem(met))

    def _ends(self, job_id: str, state: str, *, connection: Any = None, **values: Any) -> None:
        if connection is not None:
            stored.change(connection, job_id, state=state, ended_at=time.time(), **values)
            return
        with self._store.site.write() as own:
            stored.change(own, job_id, state=state, ended_at=time.time(), **values)


class Teller:
    """Writes down how far a job is, once a second at most, and stops it when somebody wishes that. Called from any thread."""

    def __init__(self, store: Store, job_id: str) -> None:
        self._store = store
        self._job = job_id
        self._lock = threading.Lock()
        self._next = 0.0
        self._progress: Progress | None = None

    def report(self, progress: Progress) -> None:
        """Take note. Raises JobStoppedError. On a full disk it is not written down how far the job is, which is no reason to end it."""
        with self._lock:
            self._progress = progress
            if time.monotonic() < self._next:
                return
            self._next = time.monotonic() + _STEP
        with suppress(OperationalError), self._store.site.write() as connection:
            self._tell(connection)
        with self._store.site.read() as connection:
            row = stored.by_id(connection, self._job)
        if row is not None and row.cancelled_by is not None:
            raise JobStoppedError(row.cancelled_by)

    def last(self) -> None:
        """Write down what was said last."""
        with self._store.site.write() as connection:
            self._tell(connection)

    def _tell(self, connection: Any) -> None:
        if self._progress is not None:
            said = self._progress
            stored.change(connection, self._job, done=said.done, total=said.total, text=said.text[:500])


@lru_cache(maxsize=4)
def bench(store: Store) -> Bench:
    """The one bench of this process for `store`."""
    return Bench(store)


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(value, default=str))


def _problem(error: PxeserveError) -> dict[str, str]:
    return {"message": error.message, "code": error.code, "fix": error.fix}


def _taken_up(row: JobRow, key: bytes) -> JobRow:
    """The job as it can go on. Raises PxeserveError where it cannot."""
    if row.attempts >= _ATTEMPTS:
        said = f"the service ended {row.attempts} times while this job was at work"
        raise PxeserveError(said, code="interrupted", fix="the service's log may tell why; then ask for it again")
    sealed = row.arguments.get("sealed")
    if row.verb not in _RESUMED or row.cancelled_by is not None or sealed is None:
        raise PxeserveError("the service ended while this job was at work", code="interrupted", fix="ask for it again")
    return replace(row, arguments=json.loads(opened(base64.b64decode(sealed), f"job {row.id}", key)))


def _sealed(row: JobRow, key: bytes) -> JobRow:
    """The job as it is kept."""
    sealed = closed(json.dumps(row.arguments).encode(), f"job {row.id}", key)
    return replace(row, arguments={"sealed": base64.b64encode(sealed).decode()})

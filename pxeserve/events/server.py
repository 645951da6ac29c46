"""The worker process: takes in what the others tell, writes it down in batches, and lets arms lapse whose time has run out. Beside that
a thread of the media room keeps an eye on media, one of the doctor's on everything else, one joins hosts to their pools, one has
recoveries go on, one lets old backups go, and one for each webhook posts what happens.

The process that writes `events.db`, but for the log of an installer that failed, which the one that took it writes itself. Refuses to
know what events mean.
"""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.config.outlets import RecordConfig
from pxeserve.doctor.rounds import Rounds
from pxeserve.errors import PxeserveError
from pxeserve.events import configured, refusals, restoring
from pxeserve.events.datagram import Count, MalformedError, read
from pxeserve.events.inbox import Inbox
from pxeserve.events.ledger import Ledger
from pxeserve.events.measuring import Measuring
from pxeserve.events.record import Event
from pxeserve.events.retention import Retention
from pxeserve.installs.doubt import contradictions, freeze
from pxeserve.installs.lapse import lapse
from pxeserve.operations.recovering.recoverer import Recoverer
from pxeserve.outlets.webhooks.hooks import Hooks
from pxeserve.recovery.backups.daily import Daily
from pxeserve.recovery.joining import Joining
from pxeserve.repo.keeping import Keeping
from pxeserve.serving import Order, Serving
from pxeserve.store import Store, open_store, witness

BATCH = 500
"""Most events of one transaction."""

_NICE = 10
_TICK = 0.2
_LAPSE = 10.0
_PRUNE = 600.0
_MEASURE = 30.0
_QUIET = 60.0
_SOURCE = "worker"
_HEARD = "dhcp."
"""Events that are DHCP's word. What a menu was refused for was judged when it was: there anybody can say anything."""
_log = structlog.get_logger("worker")


def serve(serving: Serving) -> None:
    """Keep the record until asked to stop; what has been handed over by then is written down first.

    Machines come first: beside the processes that serve them, on a machine with nothing to spare, this one gets a tenth.
    """
    _give_way()
    store = open_store(serving.config.server.data)
    inbox, begin = Inbox(serving.sockets["events"]), partial(configured.note, store, serving.config)
    worker = Worker(store, inbox, serving.config.record, begin=begin, keep=lambda: witness.keep(store, serving.config.server.data))
    config = serving.config
    beside = (Keeping(config), Rounds(serving), Hooks(config), Joining(config), Recoverer(config), Daily(config))
    for one in beside:
        one.start()
    try:
        worker.run(serving)
    finally:
        for one in reversed(beside):
            one.finish()
        store.close()


class Worker:
    """One run of the process. `clock` gives epoch seconds; `lapse` ends the arms whose time has run out; `begin` is what is to be written
    down first, tried until that is done; `keep` follows what was committed."""

    def __init__(
        self,
        store: Store,
        inbox: Inbox,
        kept: RecordConfig | None = None,
        *,
        clock: Callable[[], float] = time.time,
        lapse: Callable[[Store, float], int] = lapse,
        begin: Callable[[float], object] = lambda _now: None,
        keep: Callable[[], object] = lambda: None,
    ) -> None:
        self._store = store
        self._inbox = inbox
        self._ledger = Ledger(store)
        self._retention = Retention(store, kept or RecordConfig())
        self._pruning = False
        self._measuring = Measuring(store)
        self._clock = clock
        self._lapse = lapse
        self._begin = begin
        self._keep = keep
        self._begun = False
        self._due: dict[Callable[[], None], tuple[float, float]] = {self._let_lapse: (_LAPSE, 0.0), self._prune: (_PRUNE, 0.0)}
        self._due[self._measure] = (_MEASURE, 0.0)
        self._due[self._tell_refusals] = (refusals.EVERY, 0.0)
        self._unwritten: deque[Event | Count] = deque()
        self._said: dict[str, float] = {}
        self._moment: object = None

    def run(self, serving: Serving) -> None:
        """Serve until the parent says stop, or is gone."""
        self._inbox.start()
        with select.epoll() as poll:
            poll.register(serving.orders, select.EPOLLIN)
            serving.ready()
            while True:
                ordered = poll.poll(_TICK)
                if self._inbox.receiving:  # else the parent misses the beat and makes a new worker
                    serving.beat()
                if ordered and _told_to_stop(serving):
                    break
                self.turn()
        self._inbox.finish()
        while self._write_batch():
            pass
        self._guarded("outbox", self._take_over)

    def turn(self) -> None:
        """One turn: write what has come, take over what lies beside the installs, and do what is due."""
        self._guarded("clock", self._ledger.look)
        if not self._begun:
            self._begun = self._guarded("configuration", self._note_beginning)
        while self._write_batch():
            pass
        self._guarded("outbox", self._take_over)
        if self._pruning:
            self._pruning = self._guarded("prune", self._forget) and self._pruning
        now = time.monotonic()
        for act, (every, last) in list(self._due.items()):
            if not last or now - last >= every:
                self._due[act] = (every, now)
                self._guarded(act.__name__, act)

    def _write_batch(self) -> bool:
        """Write one batch; whether there may be more to write."""
        if not self._unwritten:
            self._unwritten.extend(self._come())
        if not self._unwritten:
            return False
        batch = list(self._unwritten)
        if self._guarded("not-written", lambda: self._ledger.write(batch)):
            self._unwritten.clear()
            self._guarded("not-frozen", lambda: self._freeze(batch))
            return True
        return False  # kept, and tried again next turn; the inbox holds what comes meanwhile

    def _freeze(self, batch: list[Event | Count]) -> None:
        """Stop the armings that what has come contradicts."""
        heard = ((one.install, one.data) for one in batch if isinstance(one, Event) and one.kind.startswith(_HEARD))
        for install, because in set(contradictions(heard)):
            freeze(self._store, install, because, self._clock())

    def _come(self) -> list[Event | Count]:
        minute = int(self._clock()) // 60
        come: list[Event | Count] = []
        malformed = 0
        for data in self._inbox.take(BATCH):
            try:
                come.append(read(data))
            except MalformedError:
                malformed += 1
        lost = self._inbox.take_lost()
        come += [Count(minute, _SOURCE, reason, n) for reason, n in (("malformed-event", malformed), ("lost-event", lost)) if n]
        return come

    def _take_over(self) -> None:
        """What lies beside the installs. Looked for only when something was committed: this is asked five times a second, all day."""
        moment = self._store.site.moment()  # before anything is read: a commit that comes between is seen the next time
        if moment == self._moment:
            return
        while self._ledger.take_over():
            pass
        self._keep()
        self._moment = moment

    def _note_beginning(self) -> None:
        self._begin(self._clock())
        restoring.tell(self._store, self._ledger, self._clock())

    def _let_lapse(self) -> None:
        self._lapse(self._store, self._clock())

    def _prune(self) -> None:
        """Begin to forget; a little each turn from then on."""
        self._ledger.forget_hosts()
        self._retention.begin()
        self._pruning = True

    def _forget(self) -> None:
        self._pruning = self._retention.step(self._clock())

    def _measure(self) -> None:
        self._measuring.measure(self._clock())

    def _tell_refusals(self) -> None:
        refusals.tell(self._store, self._clock())

    def _guarded(self, what: str, act: Callable[[], None]) -> bool:
        """Do `act`; trouble with the disk is said once a minute and never ends the worker. Whether it was done."""
        try:
            act()
        except (SQLAlchemyError, PxeserveError, OSError) as error:
            now = time.monotonic()
            if now - self._said.get(what, -_QUIET) >= _QUIET:
                self._said[what] = now
                _log.error(f"the record cannot be kept: {error}", reason=what.strip("_"))
            return False
        return True


def _give_way() -> None:
    """Lower this process's share. Where the kernel groups processes by session, only the group's own niceness counts (sched(7))."""
    os.nice(_NICE)
    with suppress(OSError):  # no such groups here, or not ours to change
        Path("/proc/self/autogroup").write_text(str(_NICE))


def _told_to_stop(serving: Serving) -> bool:
    """A stop, or the end of the parent. Other orders need nothing: nothing here depends on the configuration."""
    try:
        orders = serving.orders.recv(64)
    except BlockingIOError:
        return False
    return not orders or Order.STOP.value.encode() in orders

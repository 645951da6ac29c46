"""The thread of the worker that joins hosts: takes what was asked for, one turn of each after the other, until each is joined or failed.

The worker starts and stops it and knows no more of it. What it was doing when it was killed, the next one finds out by looking.
"""

from __future__ import annotations

import time
from contextlib import suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.beside import Beside
from pxeserve.config import Config
from pxeserve.errors import ConflictError, PxeserveError
from pxeserve.installs import first_boot
from pxeserve.keys import Keys, load_keys
from pxeserve.recovery import xapi
from pxeserve.recovery.addressing import give_static
from pxeserve.recovery.joining.asking import changed
from pxeserve.recovery.joining.attempt import SECONDS, End, Ends, Stand, turn
from pxeserve.recovery.reaching import address_in, address_of
from pxeserve.recovery.secrets import open_secrets
from pxeserve.store import Store, inventory, joins, open_store, pools
from pxeserve.store.joins import JoinRow

PATIENCE = 900.0
"""Seconds for which what may pass is waited for."""

PAUSE = 2.0
"""Seconds between two turns."""

_LONGEST = 300
_log = structlog.get_logger("worker")


class Joining(Beside):
    """The thread. `start` once, `finish` once. `port` is where toolstacks answer; `seconds` is for a call."""

    def __init__(
        self, config: Config, *, port: int = xapi.PORT, seconds: float = SECONDS, pause: float = PAUSE, patience: float = PATIENCE
    ) -> None:
        super().__init__("joining")
        self._config = config
        self._port, self._seconds, self._pause, self._patience = port, seconds, pause, patience
        self._since: dict[tuple[str, float], float] = {}

    def _run(self) -> None:
        try:
            store, keys = open_store(self._config.server.data), load_keys(self._config.server.data)
        except PxeserveError as error:
            _log.error(f"no host can be joined to its pool: {error}")
            return
        try:
            while not self._ended.wait(self._pause):
                with suppress(SQLAlchemyError):  # the record's own thread says that the disk refuses; the next turn tries again
                    self._go_round(store, keys)
        finally:
            store.close()

    def _go_round(self, store: Store, keys: Keys) -> None:
        with store.site.read() as connection:
            rows = joins.open_ones(connection)
        self._since = {key: self._since.get(key, time.monotonic()) for key in ((row.id, row.asked_at) for row in rows)}
        for row in rows:
            if self._ended.is_set():
                return
            with suppress(ConflictError):  # somebody took it up anew meanwhile
                self._go_on(store, keys, row)

    def _go_on(self, store: Store, keys: Keys, row: JoinRow) -> None:
        if row.state == joins.ASKED:
            row = _write(store, row, Stand(joins.JOINING, "look"))
        try:
            stand = turn(self._ends(store, keys, row), row.host_uuid)
        except PxeserveError as error:
            _write(store, row, self._trouble(row, error))
            return
        if stand.state == joins.JOINING and self._out_of_time(row):
            stand = Stand(
                joins.FAILED, stand.step, f"after {self._patience:.0f} s {stand.because or 'nothing has come of it'}", stand.fix, stand.uuid
            )
        _write(store, row, stand)

    def _trouble(self, row: JoinRow, error: PxeserveError) -> Stand:
        over = not (isinstance(error, xapi.XapiError) and error.passes) or self._out_of_time(row)
        return Stand(joins.FAILED if over else joins.JOINING, row.step, error.message[:_LONGEST], error.fix[:_LONGEST], row.host_uuid)

    def _out_of_time(self, row: JoinRow) -> bool:
        return time.monotonic() - self._since[row.id, row.asked_at] > self._patience

    def _ends(self, store: Store, keys: Keys, row: JoinRow) -> Ends:
        """Where both sides are and how one logs in there. Raises PxeserveError with what is missing."""
        with store.site.read() as connection:
            pool = pools.pool_by_id(connection, row.pool_id)
            host = inventory.host_by_id(connection, row.host_id)
            if pool is None or host is None:
                raise PxeserveError("its pool or the host itself is no longer on record", fix="add it again, and install the host again")
            led = address_in(connection, pool.pool, pool.pool.master)
            own = address_of(connection, host)
            password, one_time = open_secrets(pool, keys).password, first_boot.one_time_password(connection, row.install_id, keys)
        if led is None or own is None:
            who = host.name if own is None else pool.pool.master
            raise PxeserveError(f"{who} has no static address", fix=give_static(who))
        if not password:
            fix = f"pxeserve pool secret {pool.pool.name}"
            raise PxeserveError(f"pool {pool.pool.name}: nobody has given its password", fix=fix)
        pins = {one.host: one.fingerprint for one in pool.pool.members}
        leading = End(str(led), pool.pool.user, pins.get(pool.pool.master, ""), password)
        return Ends(leading, End(str(own), "root", pins.get(host.name, ""), one_time), self._port, self._seconds)


def _write(store: Store, row: JoinRow, stand: Stand) -> JoinRow:
    changes = {
        "state": stand.state,
        "step": stand.step,
        "because": stand.because,
        "fix": stand.fix,
        "host_uuid": stand.uuid or row.host_uuid,
    }
    if all(getattr(row, name) == value for name, value in changes.items()):
        return row
    with store.site.write() as connection:
        return changed(connection, row, changes, time.time(), {"note": stand.note} if stand.note else None)

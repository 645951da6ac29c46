"""Queries on first boots: a row for each arming of a host that has something to do when its new system starts. What its states mean is
judged above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from pxeserve.moment import Moment
from pxeserve.store import tables as t

LIVE = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class FirstBootRow:
    """`state` is waiting (its job was never heard), running, done or failed; `step` the last one told of; `sealed` is gone when it is over.
    Times are epoch seconds, `boottime` seconds of CLOCK_BOOTTIME."""

    install_id: str
    host_id: int
    token_hash: str = field(repr=False)
    armed_at: float
    expires: float
    boot_id: str
    boottime: float
    sealed: bytes | None = field(default=None, repr=False)
    inventory: Mapping[str, Any] | None = None
    state: str = "waiting"
    step: str = ""
    told_at: float | None = None

    @property
    def armed(self) -> Moment:
        """When it was armed."""
        return Moment(self.armed_at, self.boot_id, self.boottime)


def add(connection: Connection, row: FirstBootRow) -> None:
    """Insert a new one."""
    values = {column.name: getattr(row, column.name) for column in t.first_boot.columns}  # when it was armed stands in the install
    connection.execute(insert(t.first_boot).values(values))


def by_token(connection: Connection, token_hash: str) -> FirstBootRow | None:
    """The one whose token has this SHA-256 (hex)."""
    return _one(connection.execute(_JOINED.where(t.first_boot.c.token_hash == token_hash)).first())


def of_install(connection: Connection, install_id: str) -> FirstBootRow | None:
    """The first boot that belongs to an install."""
    return _one(connection.execute(_JOINED.where(t.first_boot.c.install_id == install_id)).first())


def newest_of(connection: Connection, host_id: int) -> FirstBootRow | None:
    """The newest of a host."""
    query = _JOINED.where(t.first_boot.c.host_id == host_id).order_by(t.install.c.armed_at.desc(), t.install.c.id.desc()).limit(1)
    return _one(connection.execute(query).first())


def live(connection: Connection) -> list[FirstBootRow]:
    """All that are not over."""
    return [_row(row) for row in connection.execute(_JOINED.where(t.first_boot.c.state.in_(LIVE)))]


def left(connection: Connection) -> list[FirstBootRow]:
    """All that are over, and for which something is sealed still."""
    query = _JOINED.where(t.first_boot.c.state.not_in(LIVE), t.first_boot.c.sealed.is_not(None))
    return [_row(row) for row in connection.execute(query)]


def forget(connection: Connection, install_id: str) -> None:
    """Forget what is sealed still for one that is over."""
    same = (t.first_boot.c.install_id == install_id) & t.first_boot.c.state.not_in(LIVE)
    connection.execute(update(t.first_boot).where(same).values(sealed=None))


def change(connection: Connection, install_id: str, **values: Any) -> bool:
    """Write `values` of one that is not over. False: it is."""
    same = (t.first_boot.c.install_id == install_id) & t.first_boot.c.state.in_(LIVE)
    return connection.execute(update(t.first_boot).where(same).values(**values)).rowcount == 1


def end_of_host(connection: Connection, host_id: int) -> None:
    """A host is armed anew: what it was to do before is over."""
    same = t.first_boot.c.host_id == host_id
    connection.execute(update(t.first_boot).where(same & t.first_boot.c.state.in_(LIVE)).values(state="failed"))
    connection.execute(update(t.first_boot).where(same).values(sealed=None))


_JOINED = select(t.first_boot, t.install.c.armed_at).join(t.install, t.install.c.id == t.first_boot.c.install_id)


def _one(row: Row[Any] | None) -> FirstBootRow | None:
    return _row(row) if row is not None else None


def _row(row: Row[Any]) -> FirstBootRow:
    return FirstBootRow(**row._mapping)

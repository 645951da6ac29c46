"""Queries on the ends of installers' logs. A log is written once, when an installer has failed, by the process that took it; the worker
prunes. Refuses to know what stands in one.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from pxeserve.store import tables as t

KEPT = 200
"""Logs that are kept, the newest."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """The end of one installer's log: `size` bytes came at epoch second `at`, at the stage of that name; `text` is what is kept of them."""

    install: str
    stage: str
    host: str | None
    at: float
    size: int
    text: str


def add(connection: Connection, row: LogRow) -> bool:
    """Keep `row`; False when there is one of that install and stage already."""
    content = zlib.compress(row.text.encode(), 6)
    values = {"install": row.install, "stage": row.stage, "host": row.host, "at": row.at, "size": row.size, "content": content}
    statement = insert(t.install_log).values(values).on_conflict_do_nothing()
    return connection.execute(statement).rowcount == 1


def exists(connection: Connection, install: str, stage: str) -> bool:
    """Whether a log of that install and stage is kept."""
    log = t.install_log.c
    return connection.execute(select(log.at).where(log.install == install, log.stage == stage)).first() is not None


def newest(connection: Connection, install: str) -> LogRow | None:
    """The newest log of `install`."""
    log = t.install_log.c
    row = connection.execute(select(t.install_log).where(log.install == install).order_by(log.at.desc()).limit(1)).first()
    return LogRow(row.install, row.stage, row.host, row.at, row.size, zlib.decompress(row.content).decode()) if row else None


def newest_of_host(connection: Connection, host: str) -> LogRow | None:
    """The newest log of any install of `host`."""
    log = t.install_log.c
    found = connection.execute(select(log.install).where(log.host == host).order_by(log.at.desc()).limit(1)).scalar()
    return newest(connection, found) if found else None


def prune(connection: Connection, *, keep: int = KEPT, before: float = 0.0) -> None:
    """Forget what came before epoch second `before`, and all but the newest `keep`."""
    log = t.install_log.c
    oldest_kept = connection.execute(select(log.at).order_by(log.at.desc()).limit(1).offset(keep - 1)).scalar()
    connection.execute(delete(t.install_log).where(log.at < max(before, oldest_kept or 0.0)))

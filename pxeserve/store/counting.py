"""How many there are of what: for figures, in few queries. Names nobody."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from pxeserve.store import retention
from pxeserve.store import tables as t


class Record(NamedTuple):
    """The record: events in it, when the oldest happened (epoch seconds), and the bytes that its file holds."""

    events: int
    oldest: float | None
    bytes: int


def hosts_by_state(connection: Connection) -> dict[str, int]:
    """Hosts by the state of their newest install, `idle` for those that have none; rehearsals are no installs."""
    install = t.install.c
    newest = select(install.state).where(install.host_id == t.host.c.id, install.rehearsal_mac.is_(None))
    newest = newest.order_by(install.armed_at.desc(), install.id.desc()).limit(1).correlate(t.host)
    each = select(func.coalesce(newest.scalar_subquery(), "idle").label("state")).select_from(t.host).subquery()
    rows = connection.execute(select(each.c.state, func.count()).group_by(each.c.state))
    return {row[0]: row[1] for row in rows}


def media_by_state(connection: Connection) -> dict[str, int]:
    """Media by their state."""
    rows = connection.execute(select(t.medium.c.state, func.count()).group_by(t.medium.c.state))
    return {row[0]: row[1] for row in rows}


def outbox(connection: Connection) -> int:
    """Events that lie beside installs and wait to be taken over."""
    return connection.execute(select(func.count()).select_from(t.install_event)).scalar() or 0


def reserved(connection: Connection) -> set[IPv4Address]:
    """The addresses that hosts have for themselves."""
    rows = connection.execute(select(t.host.c.address).where(t.host.c.address.is_not(None))).scalars()
    return {IPv4Address(one) for one in rows}


def lent(connection: Connection, now: float) -> set[IPv4Address]:
    """The addresses that are lent at epoch second `now`. `connection` is that of the leases."""
    lease = t.lease.c
    found = set()
    for text in connection.execute(select(lease.address).where(lease.state == "bound", lease.expires > now)).scalars():
        try:
            found.add(IPv4Address(text))
        except ValueError:
            continue  # a row that cannot be read is left alone by everybody
    return found


def record(connection: Connection) -> Record:
    """The record. `connection` is that of the events."""
    event = t.event.c
    count = connection.execute(select(func.count()).select_from(t.event)).scalar() or 0
    oldest = connection.execute(select(event.at).order_by(event.id).limit(1)).scalar()
    return Record(count, oldest, retention.size(connection).used)

"""Whose address it is that asks: its MAC, host and install, as far as the store knows. For the record only; nothing is decided by it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address

from sqlalchemy import ColumnElement, desc, select
from sqlalchemy.exc import SQLAlchemyError

from pxeserve.snapshot import Snapshot
from pxeserve.store import Store, leases
from pxeserve.store import tables as t

_REMEMBERED = 5.0
_MOST = 4096
_SIGHTING_GOOD_FOR = 86_400.0


@dataclass(frozen=True, slots=True)
class Who:
    """A machine as an event names it; every field may be unknown."""

    mac: str | None = None
    host: str | None = None
    install: str | None = None


NOBODY = Who()


class Clients:
    """Looks addresses up, and remembers each answer for 5 s. May be asked from several threads."""

    def __init__(self, store: Store, current: Callable[[], Snapshot]) -> None:
        self._store = store
        self._current = current
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Who]] = {}

    def who(self, address: str, now: float) -> Who:
        """Whose `address` is at epoch second `now`: of our own lease, else of what DHCP overheard. Never raises."""
        with self._lock:
            at, who = self._known.get(address, (float("-inf"), NOBODY))
            if 0 <= now - at < _REMEMBERED:
                return who
        try:
            who = self._look_up(IPv4Address(address), now)
        except (SQLAlchemyError, ValueError):
            who = NOBODY
        with self._lock:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[address] = (now, who)
        return who

    def _look_up(self, address: IPv4Address, now: float) -> Who:
        with self._store.leases.read() as connection:
            lease = leases.by_address(connection, address)
            heard = leases.sighting(connection, address)
        mac = None
        if lease is not None and lease.bound(now):
            mac = lease.mac
        elif heard is not None and now - heard.at < _SIGHTING_GOOD_FOR:
            mac = heard.mac
        return self._named(mac, now) if mac else NOBODY

    def _named(self, mac: str, now: float) -> Who:
        snapshot = self._current()
        host = snapshot.by_mac.get(mac)
        its_own: ColumnElement[bool] = t.install.c.rehearsal_mac.is_(None)
        with self._store.site.read() as connection:
            if host is None:
                rehearsed = select(t.rehearsal.c.host_id).where(t.rehearsal.c.mac == mac, t.rehearsal.c.expires > now)
                host = snapshot.by_id.get(connection.execute(rehearsed).scalar() or 0)
                its_own = t.install.c.rehearsal_mac == mac
            if host is None:
                return Who(mac)
            latest = select(t.install.c.id).where(t.install.c.host_id == host.id, its_own).order_by(desc(t.install.c.armed_at)).limit(1)
            return Who(mac, host.name, connection.execute(latest).scalar())

"""Alarms about an install: somebody asks who cannot show that they may. At most one a minute for each install and address."""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv4Address

from sqlalchemy import Connection

from pxeserve.store import installs
from pxeserve.store.installs import InstallRow

_EVERY = 60.0
_REMEMBERED = 1024


class Alarms:
    """Remembers what it has said lately, so that a flood of requests is not a flood of events."""

    def __init__(self) -> None:
        self._said: OrderedDict[tuple[str, str], float] = OrderedDict()

    def due(self, install_id: str, address: IPv4Address, now: float) -> bool:
        """Whether an alarm about this install and address has not been raised within the last minute; if so it counts as raised."""
        key = (install_id, str(address))
        last = self._said.get(key)
        if last is not None and 0 <= now - last < _EVERY:
            return False
        self._said[key] = now
        self._said.move_to_end(key)
        while len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        return True


def sound(connection: Connection, row: InstallRow, now: float, address: IPv4Address, because: str) -> None:
    """Write an alarm into the record. It names the address and never a token."""
    installs.tell(connection, now, row, "install.alarm", {"address": str(address), "because": because})

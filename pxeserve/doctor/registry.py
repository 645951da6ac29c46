"""All checks, in the order in which they are carried out and shown when nothing is wrong."""

from __future__ import annotations

from pxeserve.doctor import (
    address,
    backups,
    clock,
    container,
    counted,
    disk,
    firewall,
    loaders,
    media,
    mtu,
    permissions,
    ports,
    publishing,
    reach,
    relays,
    servers,
    service,
    transfers,
)
from pxeserve.doctor.check import Check
from pxeserve.errors import PxeserveError

CHECKS: tuple[Check, ...] = (
    address.CHECK,
    servers.CHECK,
    relays.CHECK,
    ports.CHECK,
    reach.CHECK,
    firewall.CHECK,
    mtu.CHECK,
    transfers.CHECK,
    clock.CHECK,
    clock.CHECK_RECORD,
    disk.CHECK,
    permissions.CHECK,
    loaders.CHECK,
    media.CHECK,
    publishing.CHECK,
    backups.CHECK,
    container.CHECK,
    service.CHECK,
    counted.CHECK,
)


def named(names: list[str]) -> list[Check]:
    """The checks called so, or all where none is named. Raises PxeserveError for a name that none has."""
    known = {check.name: check for check in CHECKS}
    for name in names:
        if name not in known:
            raise PxeserveError(f"there is no check {name}", code="not-found", fix=f"there are: {', '.join(known)}")
    return [check for check in CHECKS if check.name in names or not names]

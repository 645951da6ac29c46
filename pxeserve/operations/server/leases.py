"""DHCP leases: who holds which address. Only read here: the DHCP process alone writes them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pxeserve.domain.host import Host
from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.snapshot import shared
from pxeserve.store import leases


@verb("dhcp.leases", role=Role.VIEWER)
def list_leases(context: Context, *, ended: bool = False) -> dict[str, Any]:
    """The addresses that are lent or in quarantine, by address, each with its host where the MAC has one; with `ended` those of the past
    days too. `state` is bound, declined, released or expired; times are epoch seconds."""
    now = time.time()
    hosts = shared(context.store).current().by_mac
    with context.store.leases.read() as connection:
        rows = leases.listed(connection, None if ended else now)
    return {"mode": context.config.dhcp.mode, "leases": [_shown(row, hosts, now) for row in rows]}


def _shown(row: leases.LeaseRow, hosts: Mapping[str, Host], now: float) -> dict[str, Any]:
    over = row.state != "released" and row.expires <= now
    host = hosts.get(row.mac)
    return {
        "address": str(row.address),
        "mac": row.mac,
        "host": host.name if host else None,
        "hostname": row.hostname,
        "client_id": row.client_id,
        "state": "expired" if over else row.state,
        "starts": row.starts,
        "expires": row.expires,
        "relay": row.relay,
    }

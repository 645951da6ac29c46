"""What the service has and does, on one screen."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pxeserve import __version__
from pxeserve.operations.address import base_url
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.store import installs, inventory


@verb("status")
def status(context: Context) -> dict[str, Any]:
    """Version, addresses, media, and hosts by the state of their newest install."""
    with context.store.site.read() as connection:
        hosts = inventory.hosts(connection)
        states = Counter(str(row.state) if (row := installs.newest_of(connection, host.id)) else "idle" for host in hosts)
        media = inventory.media(connection)
    config = context.config
    return {
        "version": __version__,
        "serving": context.recorder is not None,
        "data": str(config.server.data),
        "interface": config.server.interface,
        "http": base_url(config) if config.server.address else None,
        "dhcp": config.dhcp.mode,
        "hosts": dict(states),
        "media": [{"name": medium.name, "state": medium.state} for medium in media],
    }

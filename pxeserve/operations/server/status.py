"""What the service has and does, on one screen."""

from __future__ import annotations

from typing import Any

from pxeserve import __version__, reached
from pxeserve.config import Config
from pxeserve.doctor.standing import standing
from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.operations.server import webhooks
from pxeserve.operations.server.address import base_url
from pxeserve.repo.exported import State
from pxeserve.store import counting, inventory


@verb("status", role=Role.VIEWER)
def status(context: Context) -> dict[str, Any]:
    """Version, addresses, media, hosts by the state of their newest install, and what the doctor's rounds found and still stands."""
    with context.store.site.read() as connection:
        states = counting.hosts_by_state(connection)
        media = inventory.media(connection)
    config = context.config
    return {
        "version": __version__,
        "serving": context.recorder is not None,
        "data": str(config.server.data),
        "interface": config.server.interface,
        "http": base_url(config) if config.server.address else None,
        "dhcp": config.dhcp.mode,
        "hosts": states,
        "media": [{"name": medium.name, "state": medium.state} for medium in media],
        "ftp": f"{config.server.address}:{config.ftp.port}" if config.ftp.enabled else "off",
        "nfs": _nfs(config),
        "doctor": [one.plain() for one in standing(context.store).values()],
        "record": _record(context),
        "console": reached.base(config) if config.console.enabled and config.server.address else "off",
        "metrics": f"http://{config.metrics.listen}/metrics" if config.metrics.enabled else "off",
        "webhooks": webhooks.list_webhooks(context),
    }


def _record(context: Context) -> dict[str, Any]:
    """How much of the past is known: events, when the oldest of them happened (epoch seconds), and bytes of the file."""
    with context.store.events.read() as connection:
        found = counting.record(connection)
    return {"events": found.events, "oldest": found.oldest, "bytes": found.bytes}


def _nfs(config: Config) -> str:
    """How NFS fares, in words."""
    if not config.nfs.enabled:
        return "off"
    if config.nfs.server == "kernel":
        return "left to the host's own server: pxeserve nfs exports prints its lines"
    found = State.read(config.server.data)
    if found is None or found.state != "serving":
        return f"not served: {found.text if found else 'it has not begun yet'}"
    said = [" and ".join(f"v{version}" for version in found.versions), *([found.text] if found.text else [])]
    return ", ".join([*said, *(f"medium {name} is left out: {why}" for name, why in found.refused.items())])

"""Lines for somebody else's DHCP server."""

from __future__ import annotations

from typing import Any

from pxeserve.dhcp.snippets import Other, Place, snippet
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb


@verb("dhcp.snippet", role=Role.VIEWER)
def lines_for(context: Context, *, other: Other) -> dict[str, Any]:
    """The lines that make the DHCP server `other` lead machines here; `notes` say what does not fit together yet."""
    config = context.config
    if config.server.address is None:
        raise PxeserveError("it is not known which address machines come to", fix='set [server] address, or interface = "eth0"')
    notes = []
    if config.dhcp.mode != "off":
        notes.append(f'[dhcp] mode is {config.dhcp.mode}: two would answer; set it to "off" where these lines are used')
    text = snippet(Other(other), Place(config.server.address, config.http.port))
    return {
        "for": str(other),
        "server": str(config.server.address),
        "http_port": config.http.port,
        "interface": config.server.interface,
        "text": text,
        "notes": notes,
    }

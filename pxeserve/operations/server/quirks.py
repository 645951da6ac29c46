"""How firmware, loaders and installers lie, and what is done about it. Each room keeps its own; here they are together."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pxeserve.boot import quirks as boot
from pxeserve.dhcp.quirks import known as dhcp
from pxeserve.domain.quirk import Quirk
from pxeserve.domain.role import Role
from pxeserve.handout import quirks as handout
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb
from pxeserve.repo import published
from pxeserve.repo import quirks as repo
from pxeserve.tftp import quirks as tftp

ROOMS: tuple[tuple[str, tuple[Quirk, ...]], ...] = (
    ("DHCP", dhcp.QUIRKS),
    ("Names that are asked for", handout.QUIRKS),
    ("TFTP", tftp.QUIRKS),
    ("Loaders, and the way to the disk", boot.QUIRKS),
    ("Media", repo.QUIRKS),
    ("FTP and NFS", published.QUIRKS),
)
"""Every quirk there is, by what it is about."""


@verb("quirks.list", role=Role.VIEWER)
def list_quirks(_context: Context) -> list[dict[str, Any]]:
    """All of them: what is seen, what is done, and where it is known from."""
    return [{"about": title, **asdict(quirk)} for title, quirks in ROOMS for quirk in quirks]

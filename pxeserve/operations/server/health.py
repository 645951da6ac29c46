"""How the service itself fares: its processes, as the system shows them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pxeserve.doctor.service import family
from pxeserve.domain.role import Role
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb

_ROOT = Path("/")


@verb("service.processes", role=Role.VIEWER)
def list_processes(context: Context) -> list[dict[str, Any]]:
    """The service's processes: what each does, its pid (None when it is not there), how long it has run (seconds) and what it holds in
    memory (bytes). Empty when no service runs."""
    return [asdict(one) for one in family(_ROOT, context.config)]

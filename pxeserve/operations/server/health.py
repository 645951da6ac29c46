"""How the service itself fares: its processes, and the certificate that browsers see."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pxeserve import certificates
from pxeserve.doctor.service import family
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.registry import verb

_ROOT = Path("/")
_SOON = 30 * 86400.0


@verb("service.processes", role=Role.VIEWER)
def list_processes(context: Context) -> list[dict[str, Any]]:
    """The service's processes: what each does, its pid (None when it is not there), how long it has run (seconds) and what it holds in
    memory (bytes). Empty when no service runs."""
    return [asdict(one) for one in family(_ROOT, context.config)]


@verb("service.certificate", role=Role.VIEWER)
def certificate(context: Context) -> dict[str, Any] | None:
    """The certificate that the console is served with; None when it is off. Raises PxeserveError when it cannot be read."""
    config = context.config
    if not config.console.enabled:
        return None
    path = config.console.certificate or certificates.file_of(config.server.data / "keys")
    if not path.exists():
        raise PxeserveError(f"{path}: there is no certificate yet", fix="it is made when the service starts: pxeserve serve")
    found = certificates.read(path)
    left = found.ends - time.time()
    state = "over" if left <= 0 else "ends soon" if left < _SOON and not found.own else "good"
    return {
        "fingerprint": found.fingerprint, "subject": found.subject, "issuer": found.issuer, "names": list(found.names),
        "begins": found.begins, "ends": found.ends, "key": found.key, "self_made": found.own, "state": state,
    }  # fmt: skip

"""Whether what an install was armed with still is there and good: asked when it is armed, and again before anything irreversible."""

from __future__ import annotations

from sqlalchemy import Connection

from pxeserve.domain.medium import MediumState
from pxeserve.store import media


def medium_fault(connection: Connection, name: str | None, revision: str | None) -> str | None:
    """What keeps the medium `name` in `revision` from being installed at this moment, as a sentence; None when nothing does, or when the
    install has no medium."""
    if name is None:
        return None
    condition = media.condition(connection, name)
    if condition is None:
        return f"medium {name} is gone"
    if condition.state is not MediumState.GOOD:
        return f"medium {name} is damaged: {condition.reason}"
    return None if condition.revision == revision else f"medium {name} is not the one that was armed: it has other content now"

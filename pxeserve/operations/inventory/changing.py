"""Who changed a host, a profile or a pool last, as the audit tells it: for whoever wanted to change it too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import Connection

from pxeserve.operations.words.revisions import Change
from pxeserve.store import audit

_CHANGES: Mapping[str, tuple[str, ...]] = {
    "host": ("host.add", "host.set", "host.import", "host.restore", "discovered.", "history.restore"),
    "pool": ("pool.add", "pool.set", "pool.secret", "pool.trust"),
    "profile": ("profile.add", "profile.set", "profile.restore", "history.restore"),
}
"""How the actions begin that change one."""
_LOOKED_AT = 50
"""Lines about one thing: of a host, arming and installing it are most of them."""


def last_change(connection: Connection, what: Literal["host", "profile", "pool"], name: str) -> Change | None:
    """The last change of it. None where there is none on record, or where a whole declaration was applied since, whose line in the audit
    does not tell what of the site it changed: nobody is named who may not have done it."""
    applied = next(iter(audit.lines(connection, audit.Wanted(action="apply"), 1)), None)
    for line in audit.lines(connection, audit.Wanted(object=name), _LOOKED_AT):
        if line["action"].startswith(_CHANGES[what]):
            return None if applied is not None and applied["seq"] > line["seq"] else Change(line["actor"], line["at"])
    return None

"""The end of an installer's log, as its hook sent it when it had failed; and where else to look when none came."""

from __future__ import annotations

import dataclasses
from typing import Any

from pxeserve.answerfile.scripts.consoles import CONSOLES
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.hosts import known
from pxeserve.operations.registry import verb
from pxeserve.snapshot import shared
from pxeserve.store import installs, logs


@verb("host.log", role=Role.OPERATOR, changes=False)
def log(context: Context, *, name: str | None = None, install: str | None = None) -> dict[str, Any]:
    """The log of the installation `install`, or the newest of the host `name`. Raises NotFoundError, which then says where to look."""
    if (name is None) == (install is None):
        raise PxeserveError("a log is a host's newest or an installation's", fix="name one of them")
    with context.store.events.read() as connection:
        row = logs.newest(connection, install) if install is not None else logs.newest_of_host(connection, name or "")
    if row is None:
        raise _nothing(context, name, install)
    return {"host": row.host, "install": row.install, "stage": row.stage, "at": row.at, "bytes": row.size, "lines": row.text.split("\n")}


def consoles_of(context: Context, medium: str) -> dict[str, Any] | None:
    """What is known of the generation of `medium`'s installer: where it tells what went wrong."""
    found = shared(context.store).current().media.get(medium)
    consoles = CONSOLES.get(found.dialect) if found else None
    return dataclasses.asdict(consoles) if consoles else None


def _nothing(context: Context, name: str | None, install: str | None) -> NotFoundError:
    """That no log came, and where the installer tells itself. Raises NotFoundError for an unknown host."""
    with context.store.site.read() as connection:
        if install is not None:
            row = installs.by_id(connection, install)
        else:
            row = installs.newest_of(connection, known(connection, name or "").id)
    said = f"installation {install}: no log came" if install is not None else f"{name}: no log of an installation came"
    where = consoles_of(context, row.medium or "") if row else None
    if where is None:
        return NotFoundError(f"{said}; one comes when an installer fails that has a hook for that")
    ways = ", ".join(f"{how} ({what})" for how, what in where["consoles"])
    fix = f"look at the machine: {where['log']} ({where['written']}), {where['on_disk']} on its disk, or its consoles: {ways}"
    return NotFoundError(said, fix=fix)

"""Modes: what each would keep and lose on a host, before anybody arms it. Refuses to know whether it can be armed."""

from __future__ import annotations

from typing import Any

from pxeserve.answerfile.outcome import MODES, outcome, without
from pxeserve.domain.role import Role
from pxeserve.errors import RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.hosts import known
from pxeserve.operations.registry import verb
from pxeserve.snapshot import shared


@verb("host.modes", role=Role.VIEWER)
def modes(context: Context, *, name: str) -> dict[str, Any]:
    """What becomes of a host in each mode of the medium that its profile names. Raises RefusedError where it names none."""
    with context.store.site.read() as connection:
        host = known(connection, name)
    medium = shared(context.store).current().medium_of(host)
    if medium is None:
        fix = f"name one: pxeserve profile set {host.profile} --medium NAME"
        raise RefusedError(f"{host.name}: its profile {host.profile} names no medium that is here, so it has no modes", fix=fix)
    rows = []
    for mode in MODES:
        found = outcome(medium.dialect, mode)
        rows.append({
            "mode": str(mode), "offered": found is not None, "keeps": list(found.keeps) if found else [],
            "loses": list(found.loses) if found else [], "because": "" if found else without(medium.dialect, mode),
            "source": found.source if found else "",
        })  # fmt: skip
    return {"host": host.name, "medium": medium.name, "dialect": medium.dialect, "modes": rows}

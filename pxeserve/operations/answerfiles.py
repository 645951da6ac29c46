"""Answerfiles: show the one that a host would get."""

from __future__ import annotations

from typing import Any

from pxeserve.answerfile.declared import SHOWN
from pxeserve.errors import PxeserveError
from pxeserve.operations.context import Context
from pxeserve.operations.hosts import known
from pxeserve.operations.installs import Mode, checked
from pxeserve.operations.registry import verb


@verb("answerfile.render")
def render(context: Context, *, name: str, mode: Mode = "fresh") -> dict[str, Any]:
    """The answerfile that host `name` would get now, with the password hidden and tokens that open nothing."""
    with context.store.site.read() as connection:
        host = known(connection, name)
    found = checked(context, host, mode, interactive=False, password=SHOWN)
    if found.frozen.answerfile is None:
        raise PxeserveError(f"{name}: its profile boots plain files, which fetch no answerfile")
    return {"host": name, "answerfile": found.frozen.answerfile.decode("ascii")}

"""Arming one host: the dangerous verb. Everything is checked now (`preparing`), so that nothing surprises ten minutes into a boot."""

from __future__ import annotations

import time
from typing import Any, Literal

from pxeserve.errors import RefusedError
from pxeserve.installs.arming import Arming, Order
from pxeserve.keys import load_keys
from pxeserve.operations.context import Context
from pxeserve.operations.hosts import known
from pxeserve.operations.preparing import Mode, checked, erases
from pxeserve.operations.registry import verb
from pxeserve.store import installs


@verb("host.install")
def install(
    context: Context,
    *,
    name: str,
    mode: Mode = "fresh",
    interactive: bool = False,
    confirm: str | None = None,
    reveal: Literal["now", "later"] = "now",
) -> dict[str, Any]:
    """Arm a host for one installation. A host that was installed before wants its name in `confirm`: its disks will be erased. A random
    root password is shown `now`, in the answer, or `later`: sealed for a day, until `host.password` is asked for it."""
    now = time.time()
    with context.store.site.read() as connection:
        host = known(connection, name)
        installed = installs.ever_done(connection, host.id)
    if installed and confirm != host.name:
        raise RefusedError(
            f"{host.name} has been installed before, and installing it again erases its disks",
            fix=f"say its name to go on: pxeserve host install {host.name} (it asks), or with --yes",
        )
    found = checked(context, host, mode, interactive=interactive, password=None)
    kept = found.given.kept(shown=reveal == "now")
    order = Order(host, found.medium, mode, interactive, found.wants_answerfile, found.frozen, context.actor.name, secret=kept)
    armed = _arming(context).arm(order, now)
    return {
        "host": host.name,
        "install": armed.id,
        "mode": mode,
        "interactive": interactive,
        "medium": armed.medium,
        "expires": armed.expires,
        "root_password": found.given.made if reveal == "now" else None,
        "password_kept": bool(kept.root),
        "erases": erases(found),
        "warnings": [*found.given.warnings, *(found.answered.warnings if found.answered else ())],
    }


@verb("host.cancel")
def cancel(context: Context, *, name: str) -> dict[str, Any]:
    """End a host's live install; from then on its network boots end on its own disk."""
    with context.store.site.read() as connection:
        host = known(connection, name)
    ended = _arming(context).cancel(host, context.actor.name, time.time())
    return {"host": host.name, "install": ended.id, "state": ended.state}


def _arming(context: Context) -> Arming:
    return Arming(context.store, load_keys(context.config.server.data), context.config)

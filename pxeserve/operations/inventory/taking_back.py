"""Taking back what was just done: a host, a profile or a script is put back as it was, when nobody has changed it since.

It is an act like any other: checked, remembered and audited.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass, replace
from typing import Any

from sqlalchemy import Connection

from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError
from pxeserve.operations import undoing
from pxeserve.operations.context import Context
from pxeserve.operations.inventory import hosts, profiles
from pxeserve.operations.inventory.inherited import Inherited
from pxeserve.operations.inventory.remembering import Changed, remember
from pxeserve.operations.registry import verb
from pxeserve.operations.undoing import Done
from pxeserve.operations.words.revisions import StaleError
from pxeserve.store import audit, inventory, scripts


@verb("undo", role=Role.OPERATOR)
def undo(context: Context, *, word: str) -> dict[str, Any]:
    """Put back what `word` stands for, as it was before. Raises NotFoundError when that is too long ago, or was somebody else's, and
    StaleError when the thing was changed since."""
    done = undoing.look(context, word)
    if done is None:
        raise NotFoundError("that can be taken back no longer", fix="change it by hand; answers have their history")
    with context.store.site.write() as connection:
        _BACK[done.kind](connection, context, done)
        action = f"{done.kind}.{'set' if done.after is not None else 'add'}"
        audit.append(connection, time.time(), context.actor.name, action, done.name, "ok: taken back")
    undoing.drop(word)
    return {"kind": done.kind, "name": done.name}


def _host(connection: Connection, context: Context, done: Done) -> None:
    now = inventory.host(connection, done.name)
    _refuse_other(done, now)
    host = replace(done.before, id=now.id if now is not None else 0)
    hosts.check(connection, context.config, host)
    hosts.save(connection, host)
    before = now.answers if now is not None else None
    remember(connection, context, "host.set" if now else "host.add", [Changed("host", host.name, before, host.answers)])
    Inherited(connection, context.config.server.data).check_host(host)


def _profile(connection: Connection, context: Context, done: Done) -> None:
    now = {one.name: one for one in inventory.profiles(connection)}.get(done.name)
    _refuse_other(done, now)
    profiles.save(connection, done.before)
    before = now.answers if now is not None else None
    changed = Changed("profile", done.name, before, done.before.answers)
    remember(connection, context, "profile.set" if now else "profile.add", [changed])
    Inherited(connection, context.config.server.data).check_profile(done.name)


def _script(connection: Connection, context: Context, done: Done) -> None:
    del context
    _refuse_other(done, row.body if (row := scripts.script(connection, done.name)) is not None else None)
    scripts.put(connection, done.name, done.before, time.time())


def _refuse_other(done: Done, now: Any) -> None:
    if _plain(now) != _plain(done.after):
        raise StaleError(f"{done.kind} {done.name}", (done.kind,))


def _plain(thing: Any) -> Any:
    """As it comes out of the store: tuples are lists there."""
    return json.loads(json.dumps(asdict(thing), default=str)) if is_dataclass(thing) and not isinstance(thing, type) else thing


_BACK: Mapping[str, Callable[[Connection, Context, Done], None]] = {"host": _host, "profile": _profile, "script": _script}

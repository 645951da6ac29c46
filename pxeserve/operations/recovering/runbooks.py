"""Recoveries under way: shown, confirmed where a person acts, taken up again, and ended. Refuses to know how a step is done."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, NotFoundError, RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.recovering.outcomes import Done
from pxeserve.operations.recovering.running import settle
from pxeserve.operations.recovering.showing import shown, summed
from pxeserve.operations.registry import verb
from pxeserve.recovery import joining
from pxeserve.recovery.planning.steps import ARM, SILENT
from pxeserve.store import audit, first_boots, installs, inventory, joins, recoveries
from pxeserve.store.recoveries import LIVE, RecoveryRow

Id = Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$")]
_MOST = 200
_REARMED = frozenset({"boot", "installed"})
"""Steps that are only come to anew by installing again."""


@verb("recover.list", role=Role.VIEWER)
def list_(context: Context) -> list[dict[str, Any]]:
    """The newest recoveries and drills, at most 200, the newest first."""
    with context.store.site.read() as connection:
        names = {one.id: one.name for one in inventory.hosts(connection)}
        return [summed(row, names.get(row.host_id, str(row.plan["host"]))) for row in recoveries.newest(connection, _MOST)]


@verb("recover.show", role=Role.VIEWER)
def show(context: Context, *, id: Id) -> dict[str, Any]:
    """One recovery: what was agreed to, and how each step stands."""
    return shown(context, _known(context, id))


@verb("recover.confirm", role=Role.OPERATOR)
def confirm(context: Context, *, id: Id, step: str) -> dict[str, Any]:
    """Say that the step which waits for a person is done: `step` is its name. It goes on from there."""
    row = _known(context, id)
    at = row.steps[row.step]["name"]
    if row.state != "waiting" or step != at:
        said = f"recovery {id} is {row.state} at step {at}, and waits for no word on {step}"
        raise RefusedError(said, fix=_look(id))
    if not settle(context, row, Done(f"{context.actor.name} says that it is done"), audited="recover.confirm"):
        raise _moved(id)
    return shown(context, _known(context, id))


@verb("recover.resume", role=Role.OPERATOR)
def resume(context: Context, *, id: Id) -> dict[str, Any]:
    """Take a recovery that has stopped up again, at the step where it stopped; a join that failed is asked for again. One whose install or
    first boot came to nothing begins at the first step: the machine may be on again. Arming compares everything once more. One that waits
    for a word on the old machine knocks again."""
    row = _known(context, id)
    knocks = row.state == "waiting" and row.steps[row.step]["name"] == SILENT
    if row.drill or not (row.state == "stopped" or knocks):
        said = f"recovery {id} is {'a drill' if row.drill else row.state}, and only one that has stopped is taken up again"
        raise RefusedError(said, fix=_look(id))
    steps, at = [dict(one) for one in row.steps], row.step
    if steps[at]["name"] in _REARMED or (steps[at]["name"] == "first-boot" and _is_over(context, row)):
        at = 0  # the machine may be on again, with its old system
        for one in steps[: row.step + 1]:
            one.update(state="todo", seen="", began=None, ended=None)
        arm = next(one for one in steps if one["name"] == ARM)
        arm["attempt"] = int(arm.get("attempt", 1)) + 1
    else:
        steps[at].update(state="todo", began=None)
    _change(context, row, {"state": "running", "because": "", "fix": "", "steps": steps, "step": at}, "resumed", "recover.resume")
    return shown(context, _known(context, id))


@verb("recover.stop", role=Role.OPERATOR)
def stop(context: Context, *, id: Id) -> dict[str, Any]:
    """Give a recovery up: it does nothing more, and its pool may have another. An install that it armed stays as it is: `host.cancel` ends
    that."""
    row = _known(context, id)
    if row.drill or row.state not in LIVE:
        raise RefusedError(f"recovery {id} is {'a drill' if row.drill else row.state}: there is nothing to give up", fix=_look(id))
    _change(context, row, {"state": "abandoned"}, "abandoned", "recover.stop")
    return shown(context, _known(context, id))


def _join_again(connection: Connection, row: RecoveryRow, now: float) -> None:
    """Have a join that failed taken up."""
    join = joins.of_install(connection, row.install_id or "")
    if join is not None and join.state == joins.FAILED:
        joining.again(connection, join, now)


def _is_over(context: Context, row: RecoveryRow) -> bool:
    """Whether its first boot has failed, or its day is over: then it is heard no more."""
    with context.store.site.read() as connection:
        found = first_boots.of_install(connection, row.install_id or "")
    return found is not None and found.state == "failed"


def _known(context: Context, recovery_id: str) -> RecoveryRow:
    with context.store.site.read() as connection:
        row = recoveries.by_id(connection, recovery_id)
    if row is None:
        raise NotFoundError(f"there is no recovery {recovery_id}", fix="pxeserve recovery list")
    return row


def _change(context: Context, row: RecoveryRow, changes: Mapping[str, Any], kind: str, action: str) -> None:
    now, text = time.time(), f"{context.actor.name} has {'given it up' if kind == 'abandoned' else 'taken it up again'}"
    with context.store.site.write() as connection:
        if not recoveries.advance(connection, row, {**changes, "changed_at": now}):
            raise _moved(row.id)
        if kind == "resumed" and row.steps[row.step]["name"] == "joined":
            _join_again(connection, row, now)
        install = installs.by_id(connection, row.install_id) if row.install_id else None
        if kind == "abandoned" and install is not None and install.state in LIVE_STATES:
            text += f"; install {install.id} is still {install.state}: pxeserve host cancel ends it"
        recoveries.tell(connection, now, row, kind, {"text": text})
        audit.append(connection, now, context.actor.name, action, row.id)


def _moved(recovery_id: str) -> ConflictError:
    return ConflictError(f"recovery {recovery_id} went on meanwhile", fix=_look(recovery_id))


def _look(recovery_id: str) -> str:
    return f"see how it stands: pxeserve recovery show {recovery_id}"

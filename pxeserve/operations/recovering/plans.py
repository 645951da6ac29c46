"""Recovery: what it would come to, rehearsing it, and beginning it. Nothing here arms anything: the runbook does, when it comes to that."""

from __future__ import annotations

import secrets
import time
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy.exc import IntegrityError

from pxeserve.domain.host import Host
from pxeserve.domain.role import Role
from pxeserve.errors import ConflictError, PxeserveError, RefusedError
from pxeserve.operations.context import Context
from pxeserve.operations.inventory.hosts import known
from pxeserve.operations.recovering.gathering import gathered, pool_of
from pxeserve.operations.recovering.proving import backup_reads, boots
from pxeserve.operations.recovering.running import ground_of
from pxeserve.operations.recovering.showing import shown
from pxeserve.operations.registry import verb
from pxeserve.operations.words.revisions import StaleError, refuse_stale, revision_of
from pxeserve.recovery.planning.plan import Plan
from pxeserve.recovery.planning.plan import plan as made
from pxeserve.recovery.xapi import IsMemberError
from pxeserve.store import audit, recoveries
from pxeserve.store.pools import PoolRow
from pxeserve.store.recoveries import RecoveryRow

Print = Annotated[str, Field(min_length=1, max_length=400)]
DRILLS = 20
"""Drills of a host that are kept; older ones go, and their events stay in the record."""


@verb("recover.plan", role=Role.VIEWER)
def plan(context: Context, *, name: str) -> dict[str, Any]:
    """How a dead host would come back, step by step: from which medium, what is wiped and lost, who does what and how long it takes. What
    speaks against it stands in `blockers`; `print` stands for all that it decides, and `recover.begin` wants it. Nothing is changed; the
    old machine's address is asked whether it answers."""
    return _plain(context, _made(context, name)[2])


@verb("recover.begin", role=Role.OPERATOR)
def begin(context: Context, *, name: str, print: Print, confirm: str | None = None) -> dict[str, Any]:
    """Begin the recovery of a host by the plan with this `print`, the one that was shown: it will be wiped, so its name is wanted in
    `confirm`. Raises RefusedError with the first of what speaks against it, and ConflictError when the plan is another one by now, with
    what has changed, or when its pool has a recovery that has not ended."""
    host, pool, found = _made(context, name)
    if confirm != host.name:
        wiped = ", ".join(found.erases) or "its disks"
        fix = f"say it: pxeserve host recover {host.name}"
        raise RefusedError(f"recovering {host.name} wipes {wiped}, and its name was not said", fix=fix)
    if found.blockers:
        first = found.blockers[0]
        raise RefusedError(f"{host.name}: {first.why}", fix=first.fix)
    _refuse_another(context, found, print)
    now = time.time()
    row = _row(context, host, pool, found, now)
    try:
        with context.store.site.write() as connection:
            recoveries.add(connection, row)
            text = f"{context.actor.name} begins to recover {host.name}"
            recoveries.tell(connection, now, row, "begun", {"text": text, "role": row.role})
            audit.append(connection, now, context.actor.name, "host.recover", host.name)
    except IntegrityError:
        with context.store.site.read() as connection:
            other = recoveries.live_of_pool(connection, pool.id)
        said = other.id if other is not None else "another one"
        fix = f"see it: pxeserve recovery show {said}"
        raise ConflictError(f"recovery {said} of pool {pool.pool.name} is under way", fix=fix) from None
    return shown(context, row)


@verb("recover.drill", role=Role.OPERATOR)
def drill(context: Context, *, name: str) -> dict[str, Any]:
    """Rehearse the recovery of a host without wiping or arming anything: the plan, what is known beforehand that would stop its boot,
    whether its pool's newest backup can be read to its end, and whether the pool's leader answers and lets us in. Kept beside the
    recoveries, as a drill."""
    host, pool, found = _made(context, name)
    checks = [{"check": one.code, "ok": False, "said": one.why, "fix": one.fix} for one in found.blockers]
    checks += [*boots(context, host), backup_reads(context, pool, found.role)]
    if found.role != "sole":
        checks.append(_answers(context, host, pool, found))
    now = time.time()
    ok = all(one["ok"] for one in checks)
    row = _row(context, host, pool, found, now, drill=True, state="done" if ok else "stopped")
    with context.store.site.write() as connection:
        recoveries.add(connection, row)
        recoveries.forget_drills(connection, host.id, DRILLS)
        text = f"{context.actor.name} rehearsed its recovery: {'nothing speaks against it' if ok else 'it would stop'}"
        recoveries.tell(connection, now, row, "drill", {"text": text, "ok": ok})
        audit.append(connection, now, context.actor.name, "host.recover-drill", host.name)
    return {"ok": ok, "id": row.id, "plan": _plain(context, found), "checks": checks, "seconds": found.seconds}


def _made(context: Context, name: str) -> tuple[Host, PoolRow, Plan]:
    with context.store.site.read() as connection:
        host = known(connection, name)
        pool = pool_of(connection, host)
    return host, pool, made(gathered(context, host, pool))


def _plain(context: Context, found: Plan) -> dict[str, Any]:
    return {**found.plain(), "print": revision_of(context.config.server.data, _decides(found))}


def _refuse_another(context: Context, found: Plan, shown_one: str) -> None:
    """Raise ConflictError unless `shown_one` is the print of this very plan."""
    try:
        refuse_stale(context.config.server.data, found.host, _decides(found), shown_one)
    except StaleError as error:
        what = f"differs in {', '.join(error.changed)}" if error.changed else "has another print"
        said = f"the plan of {found.host} is not the one that was shown: as it is now, it {what}"
        raise ConflictError(said, fix=f"look at it once more: pxeserve host recover {found.host}") from None


def _decides(found: Plan) -> dict[str, Any]:
    """All that a person agrees to, by the words in which a change of it is told. What passes by itself (who answers just now, how long it
    takes, how old the backup is) is no part of it."""
    losses = found.losses
    return {
        "what the host would be served": found.prints["host"],
        "the medium": [found.medium, found.version, found.prints["medium"]],
        "the backup": found.prints["backup"],
        "the pool's record": found.prints["pool"],
        "its role or who leads meanwhile": [found.pool, found.host, found.role, found.leader],
        "its address": [found.address, found.iqn],
        "the disks that are wiped": found.erases,
        "what is lost": [losses.lost, losses.commands, losses.unknown],
        "what is kept": losses.kept,
    }


def _row(
    context: Context, host: Host, pool: PoolRow, found: Plan, now: float, *, drill: bool = False, state: str = "running"
) -> RecoveryRow:
    steps = [{"name": one.name, "state": "todo", "seen": "", "began": None, "ended": None} for one in found.steps]
    return RecoveryRow(
        f"r{secrets.token_hex(4)}", host.id, pool.id, str(found.role), drill, state, _plain(context, found), steps, 0, "", "", None,
        context.actor.name, now, now, 1,
    )  # fmt: skip


def _answers(context: Context, host: Host, pool: PoolRow, found: Plan) -> dict[str, Any]:
    """Whether the leader's toolstack answers, by the certificate that is pinned, and takes the password."""
    row = _row(context, host, pool, found, 0.0)
    try:
        ground = ground_of(context, row, pool, host)
        if (missing := ground.missing()) is not None:
            return {"check": "toolstack", "ok": False, "said": missing.because, "fix": missing.fix}
        try:
            with ground.leading() as session:
                said = f"{found.leader} answers for pool {session.pool().name or pool.pool.name}"
        except IsMemberError:  # its master lives, as it does in a drill; asked alone it looks at the password
            if found.role != "master":
                raise
            with ground.itself():
                said = f"{found.leader} answers as a member of the pool"
        return {"check": "toolstack", "ok": True, "said": said, "fix": ""}
    except PxeserveError as error:
        return {"check": "toolstack", "ok": False, "said": error.message, "fix": error.fix or ""}

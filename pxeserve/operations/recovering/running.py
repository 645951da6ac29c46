"""The runbook goes on: one look at the step that each recovery is at. What it comes to is one compare-and-set with its event, so that
whoever is killed anywhere finds on return where it was, and every step looks first whether it is done.

Refuses to know what a step does.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from pxeserve.domain.host import Host
from pxeserve.errors import PxeserveError
from pxeserve.keys import load_keys
from pxeserve.operations.context import Context
from pxeserve.operations.recovering import recorded, returning, toolstacks
from pxeserve.operations.recovering.gathering import members_but
from pxeserve.operations.recovering.outcomes import Done, NotYet, Outcome, Stops, Waits, refuse_changed
from pxeserve.recovery.planning.steps import STEPS
from pxeserve.recovery.reaching import address_in
from pxeserve.recovery.xapi import XapiError
from pxeserve.store import audit, backups, inventory, pools, recoveries
from pxeserve.store.pools import PoolRow
from pxeserve.store.recoveries import RecoveryRow

_OF_RECORD = {
    "boot": recorded.boot, "installed": recorded.installed, "first-boot": recorded.first_boot, "joined": recorded.joined,
}  # fmt: skip
_OF_TOOLSTACKS = {
    "lead": toolstacks.lead, "follow": toolstacks.follow, "forget": toolstacks.forget, "enabled": returning.enabled,
    "storage": returning.storage,
}  # fmt: skip


def turn(context: Context) -> int:
    """Look at each recovery that runs, once; how many there are."""
    with context.store.site.read() as connection:
        rows = recoveries.running(connection)
    for row in rows:
        advance(context, row)
    return len(rows)


def advance(context: Context, row: RecoveryRow) -> bool:
    """Look at the step that `row` is at, and write down what came of it. False: somebody else changed the row meanwhile."""
    name = row.steps[row.step]["name"]
    with context.store.site.read() as connection:
        pool = pools.pool_by_id(connection, row.pool_id)
        host = inventory.host_by_id(connection, row.host_id)
    if pool is None or host is None:
        return settle(context, row, Stops("its host or its pool is no longer entered here", f"pxeserve recovery stop {row.id}"))
    try:
        outcome = _looked(context, row, pool, host, name)
    except XapiError as error:
        outcome = toolstacks.met(error, row.id)
    except PxeserveError as error:
        outcome = Stops(error.message, error.fix or f"pxeserve recovery resume {row.id}")
    return settle(context, row, _impatient(row, name, outcome))


def settle(context: Context, row: RecoveryRow, outcome: Outcome, *, audited: str = "") -> bool:
    """Write down what came of a step, with its event, and, where a person did it, its line of the audit: the action that `audited` names.
    False: somebody else changed the row meanwhile, and nothing was written."""
    now = time.time()
    steps = [dict(one) for one in row.steps]
    step = steps[row.step]
    changes: dict[str, Any] = {"changed_at": now}
    told: dict[str, Any] = {"step": step["name"]}
    match outcome:
        case NotYet(seen):
            if step.get("seen") == seen and step.get("began"):
                return True
            step |= {"state": "doing", "seen": seen, "began": step.get("began") or now}
            kind, told["text"] = "step", f"{step['name']}: {seen}"
        case Waits(because):
            step |= {"state": "waits", "seen": because, "began": step.get("began") or now}
            changes |= {"state": "waiting", "because": because, "fix": f"pxeserve recovery confirm {row.id} {step['name']}"}
            kind, told["text"] = "waits", f"{step['name']}: {because}"
        case Stops(because, fix):
            step |= {"state": "stopped", "seen": because, "began": step.get("began") or now}
            changes |= {"state": "stopped", "because": because, "fix": fix}
            kind, told["text"] = "stopped", f"{step['name']}: {because}"
            told |= {"because": because, "fix": fix}
        case Done(seen, install, left, by):
            step |= {"state": "done", "seen": seen, "began": step.get("began") or now, "ended": now, "left": [left, by] if left else None}
            last = row.step + 1 == len(steps)
            changes |= {"step": row.step if last else row.step + 1, "state": "done" if last else "running", "because": "", "fix": ""}
            if install is not None:
                changes["install_id"] = install
            kind, told["text"] = "step", f"{step['name']}: {seen}"
            if last:
                changes["because"], changes["fix"] = ("; ".join(words) for words in _left(steps))
                kind, told["text"] = "done", "; ".join(filter(None, ("the recovery is done", changes["because"])))
    with context.store.site.write() as connection:
        if not recoveries.advance(connection, row, {**changes, "steps": steps}):
            return False
        if step["name"] == "follow" and isinstance(outcome, Done):
            _led(connection, row)
        recoveries.tell(connection, now, row, kind, told)
        if audited:
            audit.append(connection, now, context.actor.name, audited, f"{row.id}: {step['name']}")
    return True


def _left(steps: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """What its steps have left to a person, and how each is done."""
    pairs = [one["left"] for one in steps if one.get("left")]
    return [what for what, _ in pairs], [how for _, how in pairs]


def _led(connection: Connection, row: RecoveryRow) -> None:
    """The record of the pool follows its new master, in the transaction that says so."""
    found = pools.pool_by_id(connection, row.pool_id)
    leader = str(row.plan["leader"])
    if found is not None and found.pool.member(leader) is not None and found.pool.master != leader:
        pools.save(connection, replace(found.pool, master=leader, address=None), found.id)


def _looked(context: Context, row: RecoveryRow, pool: PoolRow, host: Host, name: str) -> Outcome:
    if name == "silent":
        return recorded.silent(context, row, pool, host)
    if name == "arm":
        return recorded.arm(context, row, pool, host)
    if name in _OF_RECORD:
        with context.store.site.read() as connection:
            return _OF_RECORD[name](connection, row)
    if name in _OF_TOOLSTACKS:
        ground = ground_of(context, row, pool, host)
        return ground.missing() or _OF_TOOLSTACKS[name](ground)
    planned: Mapping[str, Any] = next(one for one in row.plan["steps"] if one["name"] == name)
    return Waits(f"{planned['does']}: {'; '.join(planned['commands'])}")


def ground_of(context: Context, row: RecoveryRow, pool: PoolRow, host: Host) -> toolstacks.Ground:
    """What the steps of toolstacks need."""
    leader = str(row.plan["leader"])
    with context.store.site.read() as connection:
        address = address_in(connection, pool.pool, leader)
        backup = backups.newest_good(connection, pool.id)
        others = tuple(toolstacks.Other(*one) for one in members_but(connection, host, pool) if one[0] != leader)

    def still() -> None:
        with context.store.site.read() as connection:
            refuse_changed(connection, row)

    keys = load_keys(context.config.server.data)
    uuid = str(backup.holds.get("pool_uuid") or "").lower() if backup is not None else ""
    return toolstacks.Ground(row, pool, host, leader, str(address) if address else "", others, keys, still, uuid)


def _impatient(row: RecoveryRow, name: str, outcome: Outcome) -> Outcome:
    """A step that takes longer than anybody waits for stops, with the last that was seen of it."""
    patience, began = STEPS[name].patience, row.steps[row.step].get("began")
    if isinstance(outcome, NotYet) and patience and began and time.time() - float(began) > patience:
        return Stops(f"{outcome.seen}, for more than {patience / 60:.0f} minutes", f"see why, then pxeserve recovery resume {row.id}")
    return outcome

"""Recoveries as people see them. Refuses to know how they go on."""

from __future__ import annotations

from typing import Any

from pxeserve.operations.context import Context
from pxeserve.store import inventory
from pxeserve.store.recoveries import RecoveryRow


def summed(row: RecoveryRow, host: str) -> dict[str, Any]:
    """One of a list."""
    return {
        "id": row.id, "host": host, "pool": row.plan["pool"], "role": row.role, "drill": row.drill, "state": row.state,
        "step": row.steps[row.step]["name"] if row.steps else "", "because": row.because, "fix": row.fix, "install": row.install_id,
        "begun_by": row.begun_by, "begun_at": row.begun_at, "changed_at": row.changed_at,
    }  # fmt: skip


def shown(context: Context, row: RecoveryRow) -> dict[str, Any]:
    """The whole of it: the plan that was agreed to, and each step with how it stands."""
    with context.store.site.read() as connection:
        found = inventory.host_by_id(connection, row.host_id)
    host = found.name if found is not None else str(row.plan["host"])
    planned = {one["name"]: one for one in row.plan["steps"]}
    steps = [
        {
            **{key: planned[one["name"]][key] for key in ("name", "who", "does", "confirmed", "resumes", "commands", "seconds")},
            **{key: one.get(key) for key in ("state", "seen", "began", "ended")},
        }
        for one in row.steps
    ]
    return {**summed(row, host), "version": row.version, "plan": {**row.plan, "steps": []}, "steps": steps}

"""What takes long and was asked for on a page: begun as a job, and shown as it goes on. Refuses to know what a job is about."""

from __future__ import annotations

import time
from typing import Any

from flask import g

from pxeserve.console.asking import ask
from pxeserve.console.jobs import bench
from pxeserve.operations.context import Context
from pxeserve.store.jobs import LIVE

_AFTER = 1.0
"""Seconds before which no rate is told."""
_SAID = {
    "media.import": "import", "media.verify": "verification", "media.replay": "replay", "media.create": "making of a pack",
    "doctor": "the doctor's look", "loaders.import": "import of loaders",
    "backup.check": "reading",
}  # fmt: skip


def begin(verb: str, about: str, **arguments: Any) -> str:
    """Have `verb` carried out; the address of the job's page. Raises PxeserveError as the bench does."""
    context: Context = g.context
    known = {name: value for name, value in arguments.items() if value is not None}
    return f"/jobs/{bench(context.store).begin(context, verb, known, about)}"


def live(*verbs: str) -> list[dict[str, Any]]:
    """The jobs of these verbs that run or wait, the oldest first."""
    return [shown(one) for one in reversed(ask("job.list")) if one["state"] in LIVE and one["verb"] in verbs]


def latest(verb: str, about: str) -> dict[str, Any] | None:
    """The newest job of a verb that is about this and did not fail by itself, with its result."""
    found = next((one for one in ask("job.list") if one["verb"] == verb and one["about"] == about and one["state"] == "done"), None)
    return shown(ask("job.show", id=found["id"])) if found else None


def shown(job: dict[str, Any]) -> dict[str, Any]:
    """A job with what people ask of it: what it is in words, its rate (units a second), and how many seconds are left."""
    began, ended = job["began_at"], job["ended_at"]
    lasts = (ended or time.time()) - began if began else 0.0
    rate = job["done"] / lasts if lasts >= _AFTER and job["done"] else None
    left = (job["total"] - job["done"]) / rate if rate and job["total"] and ended is None else None
    return {**job, "said": _SAID.get(job["verb"], job["verb"]), "live": job["state"] in LIVE, "rate": rate, "left": left, "lasts": lasts}

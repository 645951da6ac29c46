"""Jobs: what takes too long to wait for."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Found, Moment

State = Literal["waiting", "running", "done", "failed", "cancelled", "interrupted"]


class JobPages(Found):
    """Which jobs."""

    state: State | None = None


class JobProblem(Answer):
    """Why there is no result."""

    message: str
    code: str
    fix: str


class Job(Answer):
    """One job. An ended one is kept for seven days."""

    id: str
    verb: str
    about: str
    state: State
    by: str = Field(description="Who asked for it.")
    made_at: Moment
    began_at: float | None
    ended_at: float | None
    done: int = Field(description="Units that are finished, bytes usually, of `total`.")
    total: int = Field(description="0 as long as nobody knows.")
    text: str = Field(description="What is being done.")
    cancelled_by: str | None = Field(description="Who wished it to stop; it does as soon as it can.")
    problem: JobProblem | None


class JobShown(Job):
    """A job with what came of it."""

    result: Any = Field(description="The verb's answer, once it is done.")


ROUTES = (
    Route("GET", "/jobs", "job.list", "Jobs, the newest first", Job, query=JobPages, way=Way.LIST, key="id"),
    Route("GET", "/jobs/{id}", "job.show", "One job, with its result", JobShown),
    Route("POST", "/jobs/{id}/cancel", "job.cancel", "Have a job stop", JobShown),
)

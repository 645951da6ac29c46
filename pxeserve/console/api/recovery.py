"""Recoveries: plans, drills, and the runbooks under way."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from pxeserve.console.api.route import Route, Way
from pxeserve.console.api.shape import Answer, Body, Found, Moment, Name, Open


class Begin(Body):
    """Begin one."""

    print: Name = Field(description="That of the plan which was looked at: another plan by now is not begun (409).")
    confirm: Name | None = Field(None, description="The host's name: its disks will be wiped.")


class Confirm(Body):
    """A person's word."""

    step: Name = Field(description="The step that is done.")


class Blocker(Answer):
    """Why it cannot be begun."""

    code: str = Field(description="`other-plan`, `version`, `cannot-arm` or `no-address`.")
    why: str
    fix: str


class Command(Answer):
    """A command for a person, and why."""

    command: str
    because: str


class Losses(Answer):
    """What becomes of storage and suspended guests."""

    lost: list[str]
    kept: list[str]
    commands: list[Command]
    unknown: list[str] = Field(description="What cannot be told here.")


class PlannedStep(Answer):
    """A step of a plan."""

    name: str
    who: str = Field(description="`pxeserve`, `the host` or `a person`.")
    does: str
    confirmed: str = Field(description="What confirms it.")
    resumes: str = Field(description="What resumes it.")
    commands: list[str] = Field(description="For a person to run.")
    seconds: float = Field(description="How long it usually takes.")
    of_record: bool = Field(description="Whether that is a median of earlier recoveries here, or of installations of the profile.")


class RecoveryPlan(Answer):
    """How a host would come back."""

    host: str
    pool: str
    role: str = Field(description="`member`, `master` or `sole`.")
    leader: str = Field(description="Who leads the pool meanwhile.")
    medium: str
    version: str = Field(description="Product and version that must be installed; empty where nobody knows.")
    because: str = Field(description="Who says so.")
    backup: str = Field(description="The newest good backup of the pool's database; empty for none.")
    address: str
    iqn: str
    erases: list[str]
    losses: Losses
    blockers: list[Blocker]
    minds: list[str]
    steps: list[PlannedStep]
    prints: Open = Field(description="What arming compares once more, a hash each.")
    print: str = Field(description="Stands for all that it decides; to begin it takes this.")
    seconds: float
    ready: bool = Field(description="Whether it can be begun.")


class Standing(Answer):
    """A recovery, or a drill."""

    id: str
    host: str
    pool: str
    role: str
    drill: bool
    state: str = Field(description="`running`, `waiting` for a person, `stopped`, `done` or `abandoned`.")
    step: str
    because: str
    fix: str
    install: str | None
    begun_by: str
    begun_at: Moment
    changed_at: Moment


class StepStands(Answer):
    """A step, and how it stands."""

    name: str
    who: str
    does: str
    confirmed: str
    resumes: str
    commands: list[str]
    seconds: float
    state: str = Field(description="`todo`, `doing`, `waits`, `stopped` or `done`.")
    seen: str | None
    began: float | None = Field(description="Epoch seconds.")
    ended: float | None = Field(description="Epoch seconds.")


class Runbook(Standing):
    """A recovery with its steps."""

    version: int
    plan: RecoveryPlan = Field(description="What was agreed to; its steps stand beside it.")
    steps: list[StepStands]


class Check(Answer):
    """One part of a drill."""

    check: str
    ok: bool
    said: str
    fix: str


class Drill(Answer):
    """What a drill came to."""

    ok: bool
    id: str
    plan: RecoveryPlan
    checks: list[Check]
    seconds: float


_ID = "/recoveries/{id}"
ROUTES: tuple[Any, ...] = (
    Route("GET", "/hosts/{name}/recovery", "recover.plan", "How a dead host would come back; nothing changes", RecoveryPlan),
    Route("POST", "/hosts/{name}/recovery", "recover.begin", "Begin to bring it back: it will be wiped", Runbook, body=Begin),
    Route("POST", "/hosts/{name}/recovery/drill", "recover.drill", "Rehearse that; nothing is armed", Drill),
    Route("GET", "/recoveries", "recover.list", "The newest recoveries and drills", Standing, query=Found, way=Way.LIST, key="id"),
    Route("GET", _ID, "recover.show", "One, with its steps", Runbook),
    Route("POST", _ID + "/confirm", "recover.confirm", "Say that a person's step is done", Runbook, body=Confirm),
    Route("POST", _ID + "/resume", "recover.resume", "Take one that has stopped up again, or have it knock once more", Runbook),
    Route("POST", _ID + "/stop", "recover.stop", "Give one up", Runbook),
)

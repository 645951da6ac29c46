"""The runbook as a table: what is done in which order for which role, by whom, what confirms it and what resumes it. Code, pages and the
picture in the docs all come from it. Refuses to know how a step is carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from pxeserve.recovery.planning.facts import Role


class Who(StrEnum):
    """Who acts. pxeserve sees what a host does by the record, and what a person does by their word."""

    PXESERVE = "pxeserve"
    HOST = "the host"
    PERSON = "a person"


@dataclass(frozen=True, slots=True)
class Step:
    """One of them. `usually` is seconds, where nothing is on record; `patience` is how long it is waited for before it stops (0: for ever).
    `command` is for a person to run, with `{}` places that the plan fills."""

    name: str
    who: Who
    does: str
    confirmed: str
    resumes: str
    usually: float
    patience: float = 0.0
    command: str = ""


_P, _H, _M = Who.PXESERVE, Who.HOST, Who.PERSON

STEPS: Mapping[str, Step] = {
    one.name: one
    for one in (
        Step("silent", _P, "make sure that the old machine does not answer any more at {addresses}",
             "nothing answers there, or a person says that it is off", "asks again; a person confirms that it is off", 5, 0),
        Step("lead", _P, "make {leader} the master of pool {pool}",
             "the toolstack of {leader} says that it leads the pool", "looks whether it leads already", 120, 1200),
        Step("follow", _P, "have the other members follow {leader}",
             "the toolstack of {leader} hears all that are on", "asks them again", 60, 600),
        Step("forget", _P, "take the dead host out of the pool's database",
             "the pool holds no such host", "looks whether it is there still", 600, 1200),
        Step("arm", _P, "compare everything with the plan and arm {host}",
             "its install is armed, by this recovery", "looks for the install that it armed; never arms a second one", 5, 0),
        Step("boot", _M, "power on {host} and let it boot from the network",
             "the record has its menu", "nothing: it waits until the arming lapses, and is resumed then", 180, 0),
        Step("installed", _H, "install itself", "it reports that it is done", "a failure stops here; resuming arms it anew", 1200, 0),
        Step("first-boot", _H, "boot its own disk and run its first-boot script",
             "the script reports its steps", "the script goes on by itself; after one that failed, resuming arms it anew", 420, 3600),
        Step("joined", _P, "join it to pool {pool}", "the join is done", "the join's own row is taken up again", 180, 3600),
        Step("restore", _M, "restore the pool's database, dry run first", "a person says that it is done",
             "restoring twice is harmless", 600, 0, "pxeserve backup restore-script {backup} > restore.sh"),
        Step("enabled", _P, "see it enabled, of the version of its pool", "the toolstack says so", "asks again", 60, 1800),
        Step("storage", _P, "see its pool's storage", "the toolstack has all of it, attached to the host", "asks again", 30, 1800),
        Step("reset", _M, "reset the guests that were suspended to what is lost", "a person says that it is done",
             "resetting twice is harmless", 120, 0, "{resets}"),
    )
}  # fmt: skip
"""By name."""

_BACK = ("arm", "boot", "installed", "first-boot")
ORDER: Mapping[Role, tuple[str, ...]] = {
    Role.MEMBER: ("silent", "forget", *_BACK, "joined", "enabled", "storage", "reset"),
    Role.MASTER: ("silent", "lead", "follow", "forget", *_BACK, "joined", "enabled", "storage", "reset"),
    Role.SOLE: ("silent", *_BACK, "restore", "enabled", "storage", "reset"),
}
"""Which, in their order."""

SILENT = "silent"
"""The step that looks whether the old machine is off."""

ARM = "arm"
"""The step before which nothing can have been wiped, and to which a resumption goes back when its install came to nothing."""


def diagram(role: Role) -> str:
    """The steps of a role as a Mermaid flowchart, for the docs."""
    names = ORDER[role]
    lines = ["flowchart TD"]
    for name in names:
        step = STEPS[name]
        said = step.does.format(leader="a member", pool="POOL", host="it", addresses="any of its addresses")
        lines.append(f'    {name}["{name}: {step.who}: {said}"]')
    lines += [f'    {one} -->|"{STEPS[one].confirmed.format(leader="it")}"| {then}' for one, then in pairwise(names)]
    return "\n".join(lines) + "\n"

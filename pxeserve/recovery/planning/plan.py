"""The plan: what is wrong with it, what it costs and what is done, out of facts alone. Refuses to know stores, wires and clocks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pxeserve.recovery.addressing import give_static
from pxeserve.recovery.planning.facts import Facts, Role
from pxeserve.recovery.planning.losses import Losses, losses
from pxeserve.recovery.planning.steps import ORDER, STEPS, Who
from pxeserve.recovery.planning.versions import Fit, fit


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why nothing can be begun, and the way on."""

    code: str
    why: str
    fix: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A step as a plan shows it: its words filled, `seconds` that it usually takes, `of_record` whether earlier ones say so."""

    name: str
    who: Who
    does: str
    confirmed: str
    resumes: str
    commands: tuple[str, ...]
    seconds: float
    of_record: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it. `leader` is who leads the pool meanwhile; `prints` are what it was made of, a hash each: when one differs, it is another
    plan."""

    host: str
    pool: str
    role: Role
    leader: str
    medium: str
    version: str
    because: str
    backup: str
    address: str
    iqn: str
    erases: tuple[str, ...]
    losses: Losses
    blockers: tuple[Blocker, ...]
    minds: tuple[str, ...]
    steps: tuple[Planned, ...]
    prints: dict[str, str]

    @property
    def seconds(self) -> float:
        """How long it usually takes in all."""
        return sum(one.seconds for one in self.steps)

    def plain(self) -> dict[str, Any]:
        """By JSON's types."""
        said = json.loads(json.dumps(asdict(self)))
        said["losses"]["commands"] = [{"command": command, "because": because} for command, because in self.losses.commands]
        return {**said, "seconds": self.seconds, "ready": not self.blockers}


def plan(facts: Facts) -> Plan:
    """The plan that these facts make."""
    role = facts.role
    found = fit(role, facts.pool, facts.backup, facts.profile, facts.medium, facts.media)
    lost = losses(facts)
    leader = _leader(facts)
    member = facts.pool.member(facts.host)
    return Plan(
        facts.host, facts.pool.name, role, leader, facts.medium.name if facts.medium else "",
        f"{found.wanted.product} {found.wanted.version}" if found.wanted else "", found.wanted.because if found.wanted else "",
        facts.backup.id if facts.backup else "", facts.address, member.iqn if member else "", facts.prepared.erases, lost,
        tuple(_blockers(facts, found)), tuple(_minds(facts, found)), tuple(_steps(facts, leader, lost)), prints(facts),
    )  # fmt: skip


def prints(facts: Facts) -> dict[str, str]:
    """What must be the same when it is armed: the host with all that it would be served, its pool, medium and backup."""
    pool = json.dumps(asdict(facts.pool), default=str, sort_keys=True) if facts.role is Role.SOLE else _settled(facts)
    return {
        "host": facts.prepared.digest, "pool": hashlib.sha256(pool.encode()).hexdigest(),
        "medium": facts.medium.revision if facts.medium else "",
        "backup": facts.backup.id if facts.backup and facts.role is Role.SOLE else "",
    }  # fmt: skip


def _settled(facts: Facts) -> str:
    """The pool without what its own recovery changes: who leads it, and by which certificates its hosts answer."""
    pool = asdict(facts.pool)
    pool["members"] = sorted((one["host"], one["iqn"]) for one in pool["members"])
    del pool["master"], pool["address"]
    return json.dumps(pool, default=str, sort_keys=True)


def _leader(facts: Facts) -> str:
    if facts.role is Role.SOLE:
        return facts.host
    if facts.role is Role.MEMBER:
        return facts.pool.master
    return facts.successor or next(name for name in facts.pool.hosts if name != facts.host)


def _blockers(facts: Facts, found: Fit) -> Iterator[Blocker]:
    if facts.other_plan:
        yield Blocker(
            "other-plan", f"recovery {facts.other_plan} of pool {facts.pool.name} is under way",
            f"see it: pxeserve recovery show {facts.other_plan}; end it: pxeserve recovery stop {facts.other_plan}",
        )  # fmt: skip
    if found.refused:
        yield Blocker("version", found.refused, found.fix)
    if facts.prepared.refused:
        yield Blocker("cannot-arm", facts.prepared.refused, facts.prepared.fix)
    if not facts.address:
        yield Blocker(
            "no-address", f"{facts.host} is told no static address, and a host of a pool needs one",
            give_static(facts.host),
        )  # fmt: skip


def _minds(facts: Facts, found: Fit) -> Iterator[str]:
    for one in facts.heard:
        if one.answers:
            who = {True: "the old machine", False: "another machine", None: "something"}[one.same]
            yield (
                f"{who} answers at {one.place}: two machines with one UUID damage their guests' disks; the first step waits for a person"
            )
        elif one.deaf:
            yield f"whether the old machine answers at {one.place} cannot be heard: {one.deaf} ({one.fix})"
    if found.mind:
        yield found.mind
    if facts.damaged:
        instead = f"the older {facts.backup.id} is taken instead" if facts.backup else "there is no older one that is good"
        yield f"{facts.damaged}; {instead}"
    if facts.backup is not None:
        hours = max(facts.now - facts.backup.taken_at, 0) / 3600
        if hours > 24 and facts.role is Role.SOLE:
            yield f"backup {facts.backup.id} is {hours / 24:.0f} days old: what was changed since does not come back"
    yield from facts.prepared.warnings


def _steps(facts: Facts, leader: str, lost: Losses) -> Iterator[Planned]:
    words = {"leader": leader, "pool": facts.pool.name, "host": facts.host, "backup": facts.backup.id if facts.backup else ""}
    words["addresses"] = ", ".join(one.place for one in facts.heard) or "any of its addresses"
    resets = tuple(f"{command}  # {because}" for command, because in lost.commands)
    for name in ORDER[facts.role]:
        step = STEPS[name]
        if name == "reset" and not resets:
            continue
        commands = resets if name == "reset" else (step.command.format_map(words),) if step.command else ()
        yield Planned(
            name, step.who, step.does.format_map(words), step.confirmed.format_map(words), step.resumes, commands,
            facts.usual.get(name, step.usually), name in facts.usual,
        )  # fmt: skip

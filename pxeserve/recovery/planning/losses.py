"""What a recovery loses and what it leaves, by name, from the pool's record and its newest backup. Refuses to know how anything is
wiped."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from pxeserve.domain.pool import LOCAL_KINDS, Storage
from pxeserve.recovery.planning.facts import Backup, Facts, Role


@dataclass(frozen=True, slots=True)
class Losses:
    """`lost` and `kept` are sentences; `commands` reset guests that were suspended to what is lost, each with why; `unknown` is what cannot
    be told here."""

    lost: tuple[str, ...]
    kept: tuple[str, ...]
    commands: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]


def losses(facts: Facts) -> Losses:
    """What becomes of storage and of suspended guests."""
    wiped = [disk.removeprefix("/dev/") for disk in facts.prepared.erases]
    lost = [f"everything on {', '.join(wiped)} of {facts.host}: system, local storage and the guests' disks on it"] if wiped else []
    kept: list[str] = []
    unknown: list[str] = []
    gone: set[str] = set()
    for one in facts.pool.storage:
        if one.shared:
            kept.append(f"shared storage {one.name} ({one.kind}): it is not on this machine")
        elif not one.hosts or facts.host in one.hosts:
            if _wiped(one, wiped):
                lost.append(f"local storage {one.name} on {one.device or 'its system disk'}, with the guests' disks there")
                gone.add(one.name)
            else:
                kept.append(
                    f"{one.device}, where local storage {one.name} lies: the installer does not touch it, and "
                    "the first boot attaches what is there again; it formats no disk that holds anything"
                )
    commands: list[tuple[str, str]] = []
    if facts.backup is None:
        unknown.append("which guests are suspended, and what storage there was: there is no good backup that tells")
    else:
        more, commands, doubt = _of_backup(facts, facts.backup, gone)
        lost += more
        unknown += doubt
    return Losses(tuple(lost), tuple(kept), tuple(commands), tuple(unknown))


def _of_backup(facts: Facts, backup: Backup, gone: set[str]) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    local = {one.uuid: one for one in backup.repositories if not one.shared and one.kind in LOCAL_KINDS}
    declared = {one.name for one in facts.pool.storage}
    alone = facts.role is Role.SOLE
    hit = {uuid: one for uuid, one in local.items() if one.name in gone or (alone and one.name not in declared)}
    may = {uuid: one for uuid, one in local.items() if uuid not in hit and one.name not in declared and not alone}
    lost = [f"storage {one.name} ({one.kind}, {one.uuid}), which backup {backup.id} holds" for one in hit.values() if one.name not in gone]
    said: list[tuple[str, str]] = []
    for guest in backup.suspended:
        if guest.storage in hit:
            lost.append(f"the memory of guest {guest.name}, which is suspended to {hit[guest.storage].name}: it starts anew")
            said.append((reset(guest.uuid, facts), f"guest {guest.name} was suspended to {hit[guest.storage].name}"))
        elif guest.storage in may or not guest.storage:
            where = may[guest.storage].name if guest.storage in may else "storage that the backup does not name"
            said.append((reset(guest.uuid, facts), f"only if {where} was on {facts.host}: guest {guest.name} was suspended to it"))
    doubt = [f"whether local storage {one.name} ({one.uuid}) is on {facts.host}: the backup does not tell" for one in may.values()]
    return lost, said, doubt


def reset(uuid: str, facts: Facts) -> str:
    """The command that makes a suspended guest a halted one, in the words of its generation."""
    force = "-force" if facts.medium is not None and facts.medium.dialect == "4.1" else "--force"
    return f"xe vm-reset-powerstate uuid={shlex.quote(uuid)} {force}"


def _wiped(one: Storage, wiped: Sequence[str]) -> bool:
    device = one.device.removeprefix("/dev/")
    if not device:
        return bool(wiped)
    return any(device == disk or (device.startswith(disk) and device[len(disk) :].lstrip("p").isdigit()) for disk in wiped)

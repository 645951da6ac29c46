"""What becomes of a machine in each mode of each generation: what is kept and what is lost, as data, to be said before anything is armed.

Disks stand here as "the disks that its answerfile names"; which those are is the answerfile's to say. Refuses to know hosts, media and
how a mode is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pxeserve.answerfile.answers import Mode
from pxeserve.answerfile.dialects import DIALECTS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mode comes to. `keeps` and `loses` are parts of sentences; `source` is where that is known from."""

    keeps: tuple[str, ...]
    loses: tuple[str, ...]
    source: str


MODES = (Mode.FRESH, Mode.REINSTALL, Mode.UPGRADE, Mode.RESTORE)
"""The modes that people ask for, in the order in which they are shown."""

_OTHER_DISKS = "disks that its answerfile does not name"
_BACKUP = "a copy of the old system, on the backup partition, where nothing reads it until somebody restores it"
_LOCAL = "its local storage, with the guests' disks on it"
_SETTINGS = "time zone, host name, DNS, NTP, keymap, root's password, and the management interface"
_IDENTITY = "its UUIDs, the toolstack's database, its place in its pool and its licence"
_SSH = "SSH host keys"
_MORE = "TLS certificates, the networks' database, syslog, SNMP, Samba and Kerberos, root's .ssh, mdadm, iptables and NRPE"
_ALL_NAMED = "everything on the disks that its answerfile names: the system, local storage and the guests' disks on it"
_SELF = "its settings, UUIDs, SSH keys and certificates: its pool sees a new host"
_RPMS = "packages that were added by hand, and every file that is not in the list of what is kept"
_SINCE = "what was changed since that backup was made: the system that runs now is overwritten"
_OLD_BACKUP = "the backup that was on the backup partition before"

_EARLY = ("4.1", "5.0", "5.5", "5.6")
_MIDDLE = ("6.0", "6.2", "6.5")
_LATE = ("7.0", "7.1", "8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9")
_CERTIFIED = ("8.2", "xcp-8.2", "xs8", "xcp-8.3", "xs9")
"""Generations that copy what `_MORE` says; of 7.0 and 7.1 no more is known than of those before them."""

_INSTALLER = "installer: its upgrade and backup steps"
_GUIDE = "installation guide: reinstalling and upgrading"


def _outcomes() -> dict[tuple[str, Mode], Outcome]:
    found: dict[tuple[str, Mode], Outcome] = {}
    for name in (*_EARLY, *_MIDDLE, *_LATE):
        found[name, Mode.FRESH] = Outcome((_OTHER_DISKS,), (_ALL_NAMED, _SELF), _GUIDE)
        more = (_MORE,) if name in _CERTIFIED else ()
        kept = (_SETTINGS, _IDENTITY, _SSH, *more, _LOCAL, _BACKUP)
        found[name, Mode.UPGRADE] = Outcome(kept, (_RPMS, _OLD_BACKUP), _INSTALLER)
    for name in _EARLY:
        found[name, Mode.REINSTALL] = Outcome((_OTHER_DISKS, _LOCAL, _BACKUP), (_SELF, _OLD_BACKUP), _INSTALLER)
    for name in (*_MIDDLE, *_LATE):  # a fresh installation with a backup
        found[name, Mode.REINSTALL] = Outcome((_OTHER_DISKS, _BACKUP), (_LOCAL, _SELF, _OLD_BACKUP), _INSTALLER)
    for name in (*_MIDDLE, *_LATE):
        if Mode.RESTORE in DIALECTS[name].modes:
            kept = ("the system of the backup partition, with its settings, UUIDs and the toolstack's database of then", _LOCAL)
            found[name, Mode.RESTORE] = Outcome((*kept, _OTHER_DISKS), (_SINCE,), _INSTALLER)
    return found


OUTCOMES: Mapping[tuple[str, Mode], Outcome] = _outcomes()
"""By dialect and mode; a pair that is not here is a mode that this generation has not, without a person at the machine."""


def outcome(dialect: str, mode: Mode) -> Outcome | None:
    """What `mode` comes to with installers of `dialect`; None when they have no such mode."""
    return OUTCOMES.get((dialect, mode))


def without(dialect: str, mode: Mode) -> str:
    """What to do where `dialect` has no `mode`, as the end of a refusal."""
    if mode is Mode.RESTORE:
        return f"installers of {dialect} restore only by hand: arm it with --interactive, and choose the backup at the machine"
    have = ", ".join(one for one in MODES if (dialect, one) in OUTCOMES)
    return f"installers of {dialect} know {have}" if have else f"nothing is known of installers of {dialect}"


def table() -> str:
    """All of it as a table for the docs: a row for generations that are alike."""
    lines = ["| mode | generations | keeps | loses |", "| --- | --- | --- | --- |"]
    for mode in MODES:
        alike: dict[Outcome | None, list[str]] = {}
        for name in DIALECTS:
            alike.setdefault(OUTCOMES.get((name, mode)), []).append(name)
        for said, names in alike.items():
            keeps = "; ".join(said.keeps) if said else "not without a person: `--interactive`"
            lines.append(f"| `{mode}` | {', '.join(names)} | {keeps} | {'; '.join(said.loses) if said else ''} |")
    return "\n".join(lines) + "\n"

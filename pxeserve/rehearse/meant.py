"""Which rehearsals are meant: a host's, one for each kind of firmware of a card, or many hosts', and when all of that went well.

Asks the service by the words of its verbs, as the walk does; it is the same for whoever walks. Light: the command line loads it before
there is anything to walk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pxeserve.domain.client import Firmware
from pxeserve.errors import NotFoundError

if TYPE_CHECKING:
    from pxeserve.rehearse.run import Report

ALL = "all"
"""The word for all kinds of firmware."""

KINDS = tuple(str(one) for one in Firmware)
_NO_LOADER = "no-loader"

Ask = Callable[[str, Mapping[str, Any]], Any]
"""Carries out a verb of the service. Raises PxeserveError for what it refuses."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One rehearsal: the host by name and card, its firmware, where that is known from ("": it was asked for), and what it has in common
    with those that load the same."""

    host: str
    mac: str
    firmware: str
    heard: str = ""
    alike: str = ""


def of_card(ask: Ask, mac: str, firmware: str | None) -> list[Wanted]:
    """The host that owns `mac`, with `firmware` or what it last said; ALL is a rehearsal for each kind."""
    said = ask("rehearse.foresee", {"mac": mac, "firmware": None if firmware == ALL else firmware})
    if firmware == ALL:
        return [Wanted(said["host"], said["mac"], kind, alike=kind) for kind in KINDS]
    return [Wanted(said["host"], said["mac"], said["firmware"], said["heard"], said["firmware"])]


def of_hosts(
    ask: Ask, *, rack: str | None = None, tag: Sequence[str] | None = None, firmware: str | None = None, names: Sequence[str] | None = None
) -> list[Wanted]:
    """The hosts of a selection, or all, each with `firmware` or what it last said; of them those with `names`, where some are given. Raises
    NotFoundError for a name that none of them has."""
    found = [Wanted(**one) for one in ask("rehearse.hosts", {"rack": rack, "tag": tag, "firmware": firmware})]
    if not names:
        return found
    if strangers := sorted(set(names) - {one.host for one in found}):
        raise NotFoundError(f"there is no host {strangers[0]} among those", fix="pxeserve host list shows them all")
    return [one for one in found if one.host in names]


def all_reach(reports: Sequence[Report]) -> bool:
    """Whether every host would reach the end."""
    return bool(reports) and all(one.ok for one in reports)


def kinds_reach(reports: Iterable[Report]) -> bool:
    """Whether one kind of a card's firmware at least would reach the end, and none stops but for want of a loader."""
    told = list(reports)
    return any(one.ok for one in told) and all(one.ok or _has_no_loader(one) for one in told)


def _has_no_loader(report: Report) -> bool:
    return report.outlook.first is not None and report.outlook.first.code == _NO_LOADER

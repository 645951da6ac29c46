"""From events to situations: one for each boot, with its neighbours and what was decided when it was armed.

Refuses to judge: what a situation means is for the rules. Every value was bounded when it was recorded; it is taken as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pxeserve.domain.install import InstallState
from pxeserve.store.events import EventRow
from pxeserve.timeline.boots import Boot
from pxeserve.timeline.boots import order as in_order
from pxeserve.timeline.missing.armed import armed
from pxeserve.timeline.missing.course import Course
from pxeserve.timeline.missing.facts import Armed
from pxeserve.timeline.missing.situation import Brief, Known, Situation
from pxeserve.timeline.runs import PACKAGES, others, runs

_NEIGHBOURS = 8
_STATES = frozenset(InstallState)
_TOLD = frozenset({"lapsed", "cancelled"})
"""What happens to an install between boots and matters to the one before."""


@dataclass(frozen=True, slots=True)
class _State:
    """The install of a host from `at` on."""

    at: float
    word: str
    armed: Armed


def gather(
    boots: Sequence[Boot], beside: Iterable[EventRow], rehearsals: Sequence[bool], known: Known, now: float
) -> list[Situation]:
    """A situation for each of `boots`, which are in the order of their beginning; `rehearsals` says of each whether it was one, `beside`
    is what happened between them. `now` is epoch seconds."""
    beside = list(beside)
    own = [_course(boot, known) for boot in boots]
    happened = [event for events in (beside, *(others(boot) for boot in boots)) for event in events if event.kind.startswith("install.")]
    states = {flag: _states(happened, rehearsal=flag) for flag in (False, True)}
    ends = {flag: [event for event in beside if _is_end(event) and _rehearsed(event) is flag] for flag in (False, True)}
    neighbours = _neighbours(boots, rehearsals)
    newest = {flag: number for number, flag in enumerate(rehearsals)}
    briefs = [_brief(boot, situation) for boot, situation in zip(boots, own, strict=True)]
    found = []
    for number, (boot, situation) in enumerate(zip(boots, own, strict=True)):
        flag = rehearsals[number]
        before, after = neighbours[number]
        later = [briefs[one] for one in after]
        state = _state_at(states[flag], boot.events[-1].moment, boot.events[0].moment)
        told = [_told(event) for event in ends[flag] if _between(event, boot, later)]
        situation = replace(
            situation, newest=newest[flag] == number, quiet=max(now - boot.events[-1].moment, 0.0),
            began=boot.events[0].moment, ended=boot.events[-1].moment, armed=state.armed if state else Armed(),
            state=state.word if state else "",
            since=max(boot.events[0].moment - state.at, 0.0) if state else 0.0, happened=(*situation.happened, *told),
            before=tuple(briefs[one] for one in before), after=tuple(later),
        )  # fmt: skip
        found.append(situation)
    return found


def waiting(boots: Sequence[Boot], beside: Sequence[EventRow], rehearsals: Sequence[bool], known: Known, now: float) -> Situation | None:
    """The situation of a host that was armed and of which nothing has been heard since; None when something has. An arming that ran out
    unheard counts for as long as nothing else happens."""
    own = [event for event in beside if event.kind.startswith("install.") and not _rehearsed(event)]
    order = next((event for event in reversed(own) if event.kind == "install.armed"), None)
    if order is None or any(boot.events[-1].moment >= order.moment for boot, flag in zip(boots, rehearsals, strict=True) if not flag):
        return None
    later = own[own.index(order) + 1 :]
    if any(event.kind == "install.cancelled" for event in later):
        return None
    told = tuple(_told(event) for event in later)
    mac = next((boot.mac for boot in reversed(boots) if boot.mac), None)
    return Situation(
        mac=mac or "", quiet=max(now - order.moment, 0.0), known=known, armed=armed(order.data or {}), state="armed", mode=known.mode,
        heard=known.heard, happened=told,
    )  # fmt: skip


def _course(boot: Boot, known: Known) -> Situation:
    course = Course(known)
    for run in runs(boot):
        if run.what == PACKAGES:
            course.packages(run)
        else:
            for event in run.events:
                course.add(event)
    return course.situation(boot.mac or "")


def _neighbours(boots: Sequence[Boot], rehearsals: Sequence[bool]) -> list[tuple[list[int], list[int]]]:
    """For each boot the numbers of those of the same card before and after it, the nearest last and first."""
    of_card: dict[tuple[str | None, bool], list[int]] = {}
    places = []
    for number, boot in enumerate(boots):
        mine = of_card.setdefault((boot.mac, rehearsals[number]), [])
        places.append((mine, len(mine)))
        mine.append(number)
    return [(mine[max(place - _NEIGHBOURS, 0) : place], mine[place + 1 : place + 1 + _NEIGHBOURS]) for mine, place in places]


def _brief(boot: Boot, situation: Situation) -> Brief:
    target = situation.menus[-1] if situation.menus else None
    return Brief(boot.events[0].moment, boot.events[-1].moment, situation.loader, situation.reached, target)


def _states(events: Iterable[EventRow], *, rehearsal: bool) -> list[_State]:
    """Of events that are all an install's own."""
    found: list[_State] = []
    current = Armed()
    for event in sorted(events, key=in_order):
        word = event.kind.removeprefix("install.")
        if word not in _STATES or _rehearsed(event) is not rehearsal:
            continue
        if word == "armed":
            current = armed(event.data or {})
        found.append(_State(event.moment, word, current))
    return found


def _state_at(states: Sequence[_State], last: float, first: float) -> _State | None:
    """The install that a boot from `first` to `last` belongs to: the one that stood at its end, as it stood when the boot began."""
    at_end = next((one for one in reversed(states) if one.at <= last), None)
    before = next((one for one in reversed(states) if one.at <= first), None)
    if at_end is None:
        return None
    return before if before is not None and before.armed is at_end.armed else at_end


def _rehearsed(event: EventRow) -> bool:
    return bool((event.data or {}).get("rehearsal"))


def _is_end(event: EventRow) -> bool:
    return event.kind.startswith("install.") and event.kind.removeprefix("install.") in _TOLD


def _told(event: EventRow) -> tuple[str, str]:
    data: Mapping[str, Any] = event.data or {}
    return event.kind.removeprefix("install."), str(data.get("because") or event.text)


def _between(event: EventRow, boot: Boot, later: Sequence[Brief]) -> bool:
    return event.moment >= boot.events[0].moment and (not later or event.moment < later[0].began)

"""What the record means for one host: its boots step by step, how far the last one has come, and what did not come.

Pure: events and a clock value in, a timeline out. Refuses to know how the record was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from pxeserve.store.events import EventRow
from pxeserve.timeline.boots import Boot, Grouped, group
from pxeserve.timeline.lines import Line, Reason, line
from pxeserve.timeline.missing import Known, Next, Situation, following, unheard
from pxeserve.timeline.missing.gather import gather, waiting
from pxeserve.timeline.runs import PACKAGES, Run, others, runs
from pxeserve.timeline.steps import FROM_MEDIUM, ORDER, Step
from pxeserve.timeline.story import of_boots
from pxeserve.timeline.told import Story

_LEAD_NOWHERE = frozenset({Step.ASKS, Step.OFFERED, Step.ADDRESS, Step.INSTALLER_ASKS, Step.OTHER})
_MANY = 12
"""So many packages in a row are shown one by one; more become one line."""


@dataclass(frozen=True, slots=True)
class BootLines:
    """One boot: when it began (epoch seconds), its lines in order, the last step it reached, and what should come next, if anything."""

    mac: str | None
    session: str | None
    began: float
    rehearsal: bool
    target: str | None
    lines: tuple[Line, ...]
    reached: Step
    next: Next | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that is known of a host, the oldest boot first; `state` is its newest install's, or idle; `beside` happened between boots. `next`
    is what should come of a host that was armed and not heard since; `installs` are its installations, stage by stage."""

    host: str
    state: str
    boots: tuple[BootLines, ...]
    beside: tuple[Line, ...]
    next: Next | None = None
    installs: tuple[Story, ...] = ()


def read(host: str, events: Sequence[EventRow], now: float, known: Known | None = None) -> Timeline:
    """The timeline of `host` from its events; `now` is epoch seconds, `known` what is known besides the record."""
    grouped = group(events)
    rehearsing = _rehearsing(grouped)
    rehearsals = [_is_rehearsal(boot, rehearsing) for boot in grouped.boots]
    situations = gather(grouped.boots, grouped.beside, rehearsals, known or Known(), now)
    boots = tuple(_boot(*one) for one in zip(grouped.boots, rehearsals, situations, strict=True))
    silent = waiting(grouped.boots, grouped.beside, rehearsals, known or Known(), now)
    real = Grouped(
        tuple(boot for boot, rehearsal in zip(grouped.boots, rehearsals, strict=True) if not rehearsal),
        tuple(one for one in grouped.beside if one.mac not in rehearsing and not (one.data or {}).get("rehearsal")),
    )
    beside = tuple(line(event) for event in grouped.beside)
    coming = unheard(silent) if silent is not None else None
    return Timeline(host, _state(grouped, rehearsing), boots, beside, coming, of_boots(host, real, now))


def next_step(events: Sequence[EventRow], now: float, known: Known) -> Next | None:
    """What should come next of a host, which is one thing of all that `read` says: of its newest boot, or of an arming that nothing
    followed."""
    grouped = group(events)
    rehearsing = _rehearsing(grouped)
    rehearsals = [_is_rehearsal(boot, rehearsing) for boot in grouped.boots]
    silent = waiting(grouped.boots, grouped.beside, rehearsals, known, now)
    if silent is not None:
        return unheard(silent)
    situations = gather(grouped.boots, grouped.beside, rehearsals, known, now)
    real = [one for one, rehearsal in zip(situations, rehearsals, strict=True) if not rehearsal]
    return following(real[-1]) if real else None


def _boot(boot: Boot, rehearsal: bool, situation: Situation) -> BootLines:
    lines = _with_reasons(_own_system(_merged(boot)))
    reached = max(_moving(lines), key=lambda step: ORDER[step], default=Step.OTHER)
    target = next((str(event.data["target"]) for event in [*others(boot)][::-1] if event.kind == "boot.menu" and event.data), None)
    return BootLines(boot.mac, boot.session, boot.events[0].at, rehearsal, target, lines, reached, following(situation))


def _own_system(lines: Iterable[Line]) -> Iterator[Line]:
    """An operating system that nothing led to an installer is the machine's own."""
    led = False
    for one in lines:
        led = led or one.step not in _LEAD_NOWHERE
        yield one if led or one.step is not Step.INSTALLER_ASKS else replace(one, step=Step.OTHER, text=f"its own system: {one.text}")


def _moving(lines: Sequence[Line]) -> Iterator[Step]:
    """The steps that say how far a boot has come. Hooks run before the packages and after them: the first ones are passed by then."""
    last = max((number for number, one in enumerate(lines) if one.step in FROM_MEDIUM), default=-1)
    for number, one in enumerate(lines):
        if one.step is not Step.OTHER and not (one.step is Step.HOOK and number < last):
            yield one.step


def _with_reasons(lines: Iterable[Line]) -> tuple[Line, ...]:
    """A boot's lines, each with the reasons of the decision that was in force then."""
    found: list[Line] = []
    because: tuple[Reason, ...] = ()
    for one in lines:
        because = one.because or because
        found.append(one if one.because or not because else replace(one, because=because))
    return tuple(found)


def _merged(boot: Boot) -> Iterator[Line]:
    """A line for each event of `boot`, and one for a run of alike ones."""
    for run in runs(boot):
        if run.count == 1 or (run.what == PACKAGES and run.count <= _MANY):
            yield from (line(event) for event in run.events)
        else:
            yield _one_for(run)


def _one_for(run: Run) -> Line:
    first, last = line(run.events[0]), line(run.events[-1])
    count = run.count
    match run.what:
        case "packages":
            text = f"packages {first.package} to {last.package} of {last.packages}"
        case "repository":
            missing = sum((event.data or {}).get("outcome") == "not-found" for event in run.events)
            text = f"the installer looks for repositories: {count - missing} answers, {missing} names that are not there"
        case "parts":
            text = f"{count} parts of files first"
        case _:
            text = f"the loader looks for its menu: {count} names that are not there, as it should be"
    return replace(last, text=text, bytes=run.bytes or None, seconds=run.seconds or None, count=count, first=first.first)


def _telling(grouped: Grouped) -> Iterator[EventRow]:
    """All but packages."""
    return chain(grouped.beside, *(others(boot) for boot in grouped.boots))


def _rehearsing(grouped: Grouped) -> frozenset[str]:
    """The MACs of rehearsals: their own word for it is in the record."""
    return frozenset(event.mac for event in _telling(grouped) if event.kind.startswith("rehearsal.") and event.mac)


def _is_rehearsal(boot: Boot, rehearsing: frozenset[str]) -> bool:
    return boot.mac in rehearsing or any(event.data and event.data.get("rehearsal") for event in others(boot))


def _state(grouped: Grouped, rehearsing: frozenset[str]) -> str:
    """By the order in which the transitions were committed, and so written down: two that happened at once may have been stamped in
    another."""
    states = [
        event.kind.removeprefix("install.")
        for event in sorted([one for one in _telling(grouped) if one.kind.startswith("install.")], key=lambda one: one.id)
        if not (event.data or {}).get("rehearsal") and event.mac not in rehearsing
    ]
    known = [state for state in states if state in _STATES]
    return known[-1] if known else "idle"


_STATES = frozenset({"armed", "booting", "answered", "installing", "done", "failed", "lapsed", "cancelled", "frozen"})

"""What the record means for one host: its boots step by step, how far the last one has come, and what did not come.

Pure: events and a clock value in, a timeline out. Refuses to know how the record was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pxeserve.store.events import EventRow
from pxeserve.timeline.boots import Boot, Grouped, group, order
from pxeserve.timeline.lines import PACKAGES, Line, Reason, alike, line
from pxeserve.timeline.missing import Known, Next, Situation, following, unheard
from pxeserve.timeline.missing.gather import gather, waiting
from pxeserve.timeline.steps import Step
from pxeserve.timeline.story import Story, of_boots

_ORDER = {step: number for number, step in enumerate(Step)}
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
    rehearsing = _rehearsing(events)
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
    return Timeline(host, _state(events, rehearsing), boots, beside, coming, of_boots(host, real, now))


def _boot(boot: Boot, rehearsal: bool, situation: Situation) -> BootLines:
    lines = _with_reasons(_merged(boot.events))
    reached = max((one.step for one in lines if one.step is not Step.OTHER), key=lambda step: _ORDER[step], default=Step.OTHER)
    target = next((str(event.data["target"]) for event in boot.events[::-1] if event.kind == "boot.menu" and event.data), None)
    return BootLines(boot.mac, boot.session, boot.events[0].at, rehearsal, target, lines, reached, following(situation))


def _with_reasons(lines: Iterable[Line]) -> tuple[Line, ...]:
    """A boot's lines, each with the reasons of the decision that was in force then."""
    found: list[Line] = []
    because: tuple[Reason, ...] = ()
    for one in lines:
        because = one.because or because
        found.append(one if one.because or not because else replace(one, because=because))
    return tuple(found)


def _merged(events: Iterable[EventRow]) -> Iterator[Line]:
    """A line for each event, and one for a run of alike events: names that the loader tries, repositories that the installer looks for,
    many packages. A run is put together from its events: a line for each of ten thousand packages would take longer than all the rest."""
    runs: list[tuple[str, list[EventRow]]] = []
    for event in events:
        what = alike(event)
        if what and runs and runs[-1][0] == what:
            runs[-1][1].append(event)
        else:
            runs.append((what, [event]))
    for what, run in runs:
        if len(run) == 1 or (what == PACKAGES and len(run) <= _MANY):
            yield from (line(event) for event in run)
        else:
            yield _one_for(what, run)


def _one_for(what: str, run: Sequence[EventRow]) -> Line:
    first, last = line(run[0]), line(run[-1])
    match what:
        case "packages":
            text = f"packages {first.package} to {last.package} of {last.packages}"
        case "repository":
            missing = sum((event.data or {}).get("outcome") == "not-found" for event in run)
            text = f"the installer looks for repositories: {len(run) - missing} answers, {missing} names that are not there"
        case "parts":
            text = f"{len(run)} parts of files first"
        case _:
            text = f"the loader looks for its menu: {len(run)} names that are not there, as it should be"
    size = sum(_figure(event, "bytes") for event in run)
    seconds = sum(_figure(event, "seconds") for event in run)
    return replace(last, text=text, bytes=int(size) or None, seconds=seconds or None, count=len(run), first=first.first)


def _figure(event: EventRow, name: str) -> float:
    value = (event.data or {}).get(name)
    return value if isinstance(value, int | float) else 0


def _rehearsing(events: Iterable[EventRow]) -> frozenset[str]:
    """The MACs of rehearsals: their own word for it is in the record."""
    return frozenset(event.mac for event in events if event.kind.startswith("rehearsal.") and event.mac)


def _is_rehearsal(boot: Boot, rehearsing: frozenset[str]) -> bool:
    return boot.mac in rehearsing or any((event.data or {}).get("rehearsal") for event in boot.events)


def _state(events: Sequence[EventRow], rehearsing: frozenset[str]) -> str:
    states = [
        event.kind.removeprefix("install.")
        for event in sorted((one for one in events if one.kind.startswith("install.")), key=order)
        if not (event.data or {}).get("rehearsal") and event.mac not in rehearsing
    ]
    known = [state for state in states if state in _STATES]
    return known[-1] if known else "idle"


_STATES = frozenset({"armed", "booting", "answered", "installing", "done", "failed", "lapsed", "cancelled", "frozen"})

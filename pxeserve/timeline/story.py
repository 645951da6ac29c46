"""One installation as a person tells it: from the arming over the firmware's boot, the installer's own words and its packages to the first
boot from disk, stage by stage, with bytes and seconds. It spans boots. Pure: events and a clock value in, a story out.

Refuses to know how the record was kept, and how long stages usually take.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pxeserve.domain.install import ENDED_STATES
from pxeserve.store.events import EventRow
from pxeserve.timeline.boots import Boot, Grouped, group, order
from pxeserve.timeline.lines import Line, Reason, line
from pxeserve.timeline.runs import PACKAGES, Run, others, runs
from pxeserve.timeline.stages import (
    EARLY,
    GOES_ON_SILENTLY,
    INSTANT,
    OF_REPORT,
    OF_STATE,
    OF_STEP,
    SILENT,
    UNSEEN_BETWEEN,
    UNSEEN_SAID,
    Phase,
)
from pxeserve.timeline.steps import Step
from pxeserve.timeline.told import Stage, Story

_One = TypeVar("_One")
_RESTARTED = 900.0
"""So many seconds after its end an installed machine has restarted, whether it was heard or not."""
_WRONG = frozenset({"failed", "lapsed", "frozen"})


def stories(host: str, events: Sequence[EventRow], now: float) -> tuple[Story, ...]:
    """The installations of `host` in its `events`, the oldest first; rehearsals are left out. `now` is a moment of the steady clock."""
    rehearsing = frozenset(event.mac for event in events if event.mac and event.kind.startswith("rehearsal."))
    grouped = group([one for one in events if one.mac not in rehearsing and not (one.data or {}).get("rehearsal")])
    return of_boots(host, grouped, now)


def of_boots(host: str, grouped: Grouped, now: float) -> tuple[Story, ...]:
    """The same of boots that are no rehearsals': a boot belongs to the arming before it."""
    armed = [one for one in grouped.beside if one.kind == "install.armed" and one.install]
    boots = _shares(armed, grouped.boots, lambda boot: order(boot.events[0]))
    beside = _shares(armed, grouped.beside, order)
    return tuple(_told(host, *share, now) for share in zip(armed, boots, beside, strict=True))


def _shares(armed: Sequence[EventRow], ones: Iterable[_One], begins: Callable[[_One], tuple[float, int]]) -> list[list[_One]]:
    """What belongs to each of `armed`: all that begins from it on and before the next. What was before the first belongs to none."""
    shares: list[list[_One]] = [[] for _ in armed]
    moments = [order(one) for one in armed]
    for one in ones:
        place = bisect_right(moments, begins(one)) - 1
        if place >= 0:
            shares[place].append(one)
    return shares


def story(host: str, install: str, events: Sequence[EventRow], now: float) -> Story | None:
    """The installation with the id `install`; None when its arming is not among `events`."""
    return next((one for one in stories(host, events, now) if one.install == install), None)


def _told(host: str, armed: EventRow, boots: Sequence[Boot], beside: Sequence[EventRow], now: float) -> Story:
    telling = _Telling(armed)
    for boot in boots:
        telling.boot(boot)
    for event in beside:
        telling.own(event)
    stages = telling.stages(now)
    data = armed.data or {}
    ended = next((one.began for one in stages if one.name in INSTANT and one.name is not Phase.FROZEN), None)
    return Story(
        host, armed.install or "", telling.now_is, armed.at, armed.moment, ended, telling.boots, stages,
        mode=str(data.get("mode") or ""), medium=str(data.get("medium") or ""), by=str(data.get("by") or ""),
    )  # fmt: skip


@dataclass(slots=True)
class _Open:
    """A stage being put together."""

    name: Phase
    at: float
    began: float
    ended: float
    because: tuple[Reason, ...]
    ok: bool = True
    bytes: int | None = None
    package: int = 0
    packages: int = 0
    missing: int = 0
    said: list[str] = field(default_factory=list)

    def take(self, one: Line) -> None:
        """Add what `one` tells."""
        self.ended = max(self.ended, one.moment)
        if one.bytes:
            self.bytes = (self.bytes or 0) + one.bytes
        self.because = self.because or one.because

    def detail(self) -> str:
        """All that is known beside its figures."""
        counted = [f"{self.package} of {self.packages}"] if self.packages else []
        return "; ".join([*counted, *self.said])


class _Telling:
    """Puts one installation together. `boots` counts those before the answerfile; `now_is` is the install's state."""

    def __init__(self, armed: EventRow) -> None:
        data = armed.data or {}
        waits = _Open(Phase.ARMED, armed.at, armed.moment, armed.moment, ())
        waits.said = [f"by {data['by']}"] if data.get("by") else []
        self._install = armed.install
        self._open: dict[Phase, _Open] = {Phase.ARMED: waits}
        self._because: tuple[Reason, ...] = ()
        self._loaded = self._consumed = self._over = False
        self.boots = 0
        self.now_is = "armed"
        self._told_by = 0

    def boot(self, boot: Boot) -> None:
        """All that one boot tells."""
        if not self._consumed:
            for name in EARLY:
                self._open.pop(name, None)
            self.boots += 1
            self._loaded = False
        self._because = ()
        to_disk = self._consumed and any(_leads_to_disk(event) for event in others(boot))
        if to_disk and Phase.OWN_DISK not in self._open:
            self._to_disk(boot)
        for run in runs(boot):
            if run.what == PACKAGES:
                self._packages(run)
                continue
            for event in run.events:
                self.own(event)
                if not to_disk or event.kind == "http.progress" or self._over:
                    self._step(event)

    def own(self, event: EventRow) -> None:
        """What an install's own event tells: its state, and how a script ended."""
        if not event.kind.startswith("install.") or event.install != self._install or event.kind == "install.armed":
            return
        word, told = event.kind.removeprefix("install."), event.data or {}
        because = str(told.get("because") or "")
        if word in ("booting", "answered", "installing") or word in OF_STATE:
            if event.id > self._told_by:  # they are written down in the order of their commits, and what lies beside boots is told last
                self.now_is, self._told_by = word, event.id
            self._consumed = self._consumed or word not in ("booting", "frozen")
        if word in OF_STATE:
            stage = self._begun(OF_STATE[word], event)
            stage.ok = word not in _WRONG
            stage.said += [because] if because and because not in stage.said else []
            self._over = self._over or word in ("done", "failed")
        elif word in ("script-done", "script-failed"):
            self._script(event, str(told.get("script", "")), because, failed=word == "script-failed")

    def stages(self, now: float) -> tuple[Stage, ...]:
        """In their order, with what was silent between them and what lasts at the moment `now`."""
        found = sorted(self._open.values(), key=lambda one: (one.began, _ORDER[one.name]))
        made: list[Stage] = []
        for one, following in zip(found, [*found[1:], None], strict=True):
            if one.name is Phase.ARMED and following is not None:
                one.ended = max(following.began, one.began)
            silent = self._silent(one, following, now)
            lasts = following is None and silent is None and one.name not in INSTANT and self.now_is not in ENDED_STATES
            made.append(Stage(one.name, one.at, one.began, None if lasts else one.ended, one.detail(), one.ok, one.bytes, one.because))
            made += [silent] if silent else []
        return tuple(made)

    def _silent(self, one: _Open, following: _Open | None, now: float) -> Stage | None:
        """What the machine does without a word after `one`."""
        name = _silence(one.name, following.name if following else None)
        if name is None or name in self._open or (one.packages and one.package < one.packages and following is None):
            return None
        until = now if following is None else following.began
        if until - one.ended < GOES_ON_SILENTLY or (following is None and until - one.ended > _RESTARTED and name is Phase.RESTARTS):
            return None
        at = one.at + (one.ended - one.began)
        detail = UNSEEN_SAID if name is Phase.UNSEEN else ""
        return Stage(name, at, one.ended, None if following is None else until, detail, because=one.because)

    def _to_disk(self, boot: Boot) -> None:
        """The first network boot after the answerfile that was led to the machine's own disk."""
        first = boot.events[0]
        stage = self._begun(Phase.OWN_DISK, first)
        for event in others(boot):
            if event.session is not None or event.kind.startswith(("boot.", "tftp.")) or event.kind == "dhcp.silent":
                stage.take(line(event))
        if not self._over and Phase.DONE not in self._open:
            stage.ok = False
            stage.said.append("before the installer had reported its end")

    def _packages(self, run: Run) -> None:
        """Packages that came, all that follow each other at once."""
        if self._over:
            return
        stage = self._begun(Phase.PACKAGES, run.events[0], line(run.events[0]).seconds or 0.0)
        stage.ended = max(stage.ended, run.events[-1].moment)
        stage.bytes = (stage.bytes or 0) + run.bytes
        stage.package, stage.packages = max(stage.package, run.package), run.packages or stage.packages

    def _step(self, event: EventRow) -> None:
        """Add what `event` tells to the stage that it belongs to."""
        one = line(event)
        self._because = one.because or self._because
        phase = self._phase(event, one)
        if phase is not None:
            self._begun(phase, event, one.seconds or 0.0).take(one)
            self._consumed = self._consumed or phase is Phase.ANSWERFILE
            self._over = self._over or phase in (Phase.DONE, Phase.FAILED)

    def _phase(self, event: EventRow, one: Line) -> Phase | None:
        if event.kind == "http.progress":
            return OF_REPORT.get(str((event.data or {}).get("stage")))
        if self._over:
            return Phase.SYSTEM if one.step is Step.INSTALLER_ASKS and not event.session and Phase.SYSTEM not in self._open else None
        if one.step is Step.RAM_DISK:
            self._loaded = True
        if not event.kind.startswith("dhcp."):
            return OF_STEP.get(one.step)
        if self._consumed:
            return None
        if self._loaded or one.step is Step.INSTALLER_ASKS:
            return None if event.session else Phase.NETWORK
        return OF_STEP.get(one.step)

    def _begun(self, phase: Phase, event: EventRow, lasted: float = 0.0) -> _Open:
        if phase not in self._open:
            self._open[phase] = _Open(phase, event.at - lasted, event.moment - lasted, event.moment, self._because)
        return self._open[phase]

    def _script(self, event: EventRow, script: str, because: str, *, failed: bool) -> None:
        """A script's end belongs to the stage that its name begins with."""
        phase = OF_REPORT.get(script.partition(".")[0])
        if phase is None:
            return
        stage = self._begun(phase, event)
        stage.ended = max(stage.ended, event.moment)
        stage.said.append(because)
        stage.ok = stage.ok and not failed


def _silence(before: Phase, after: Phase | None) -> Phase | None:
    """What the silence between two stages is called, if it is one."""
    first, then = UNSEEN_BETWEEN
    if before in first and after is Phase.PACKAGES:
        return Phase.DISKS
    return Phase.UNSEEN if before in first and after in then else SILENT.get(before)


_ORDER = {name: number for number, name in enumerate(Phase)}


def _leads_to_disk(event: EventRow) -> bool:
    return event.kind == "dhcp.silent" or (event.kind == "boot.menu" and (event.data or {}).get("target") == "own-disk")

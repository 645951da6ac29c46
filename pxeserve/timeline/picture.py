"""One host as it stands at this moment, in a line: its state from the store, its step from what was heard of it.

The store's word comes first: a step never contradicts a state. Pure; refuses to know how many hosts there are and where things are kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from pxeserve.domain.install import LIVE_STATES, InstallState
from pxeserve.store.events import EventRow
from pxeserve.store.installs import InstallRow
from pxeserve.timeline.hearing import Hearing, of_firmware
from pxeserve.timeline.lines import Line
from pxeserve.timeline.missing import Known, Next, awaited
from pxeserve.timeline.reading import BootLines, read
from pxeserve.timeline.steps import FROM_MEDIUM, ORDER, Step

IDLE = "idle"
"""The state of a host that was never armed."""

_MOVES_NOTHING = frozenset({Step.OTHER, Step.FAILED})

_AFTERWARDS = 2.0
"""Seconds after its end in which the record may still tell of it."""

_LOOK = "somebody else asked for it: pxeserve events --host {0}, then pxeserve host cancel {0}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a host stands. `since` is epoch seconds, when it came into `state`; `step` the last one that it reached since it was armed,
    with `package` of `packages` while these come; `heard_at` is when it was last heard. `next` is what is awaited of a live install;
    `overdue` is the same when it should have come by now, `unheard` when nothing was heard at all, each with why. `because` is why an
    install ended or stands still; `doubt` why it may run on another machine than was meant."""

    host: str
    state: str
    since: float | None = None
    step: Step | None = None
    package: int | None = None
    packages: int | None = None
    heard_at: float | None = None
    next: Next | None = None
    overdue: Next | None = None
    unheard: Next | None = None
    because: str | None = None
    doubt: str | None = None

    @property
    def troubled(self) -> bool:
        """Whether a person should look."""
        return bool(self.overdue or self.unheard or self.doubt) or self.state in ("failed", "lapsed", "frozen")


def standing(
    host: str, install: InstallRow | None, events: Sequence[EventRow], heard: Hearing, known: Known, now: float, moment: float,
    *, lapsed: bool = False,
) -> Standing:
    """Where `host` stands at epoch second `now`, which is `moment` by the clock that nobody sets. `events` are its last ones, `known` is
    what is known besides; `lapsed` says that the time of its open `install` is over, though nobody has written that down yet."""
    if install is None:
        return Standing(host, IDLE)
    state = InstallState.LAPSED if lapsed else install.state
    own = [event for event in events if install.armed_at <= event.at <= _until(install, state)]
    booted = list(dropwhile(lambda event: not of_firmware(event), own))  # its own system's leases are no steps of an installation
    boots = [boot for boot in read(host, booted, moment, known).boots if not boot.rehearsal]
    last = boots[-1] if boots else None
    moved = [one for boot in boots for one in boot.lines if one.step not in _MOVES_NOTHING]
    step = _step(install, state, last)
    package = next((one for one in reversed(moved) if one.package is not None), None) if step is Step.PACKAGES else None
    live = state in LIVE_STATES
    following = last.next if last is not None and live else None
    waits = awaited(heard, install.armed_at, now) if state is InstallState.ARMED else None
    return Standing(
        host,
        str(state),
        _since(install, state, own),
        step,
        package.package if package else None,
        package.packages if package else None,
        own[-1].at if own else None,
        waits or following,
        following if following is not None and following.overdue else None,
        waits if waits is not None and waits.overdue else None,
        _because(host, install, state),
        install.doubt,
    )


def _until(install: InstallRow, state: InstallState) -> float:
    """Until when what a machine does belongs to its install: one that is done goes on to its own disk, of one that came to nothing every
    later boot is another story."""
    if state not in (InstallState.FAILED, InstallState.LAPSED, InstallState.CANCELLED):
        return math.inf
    return (install.ended_at if install.ended_at is not None else install.expires) + _AFTERWARDS


def _step(install: InstallRow, state: InstallState, boot: BootLines | None) -> Step | None:
    """The last step that moved something, and no less than what the state says."""
    reached = _reached(boot.lines) if boot is not None else None
    if state is InstallState.DONE:
        return Step.OWN_DISK if reached is Step.OWN_DISK else Step.DONE
    least = _least(install, state)
    if least is None or (reached is not None and ORDER[reached] >= ORDER[least]):
        return reached
    return least


def _reached(lines: Sequence[Line]) -> Step | None:
    """The farthest: leases are renewed, and the loader fetches its menu's file after the menu was decided. A hook that ran before the
    installer fetched on is behind it."""
    fetched = max((number for number, one in enumerate(lines) if one.step in FROM_MEDIUM), default=-1)
    late = (one.step for number, one in enumerate(lines) if one.step is not Step.HOOK or number > fetched)
    moved = (step for step in late if step not in _MOVES_NOTHING)
    return max(moved, key=lambda step: ORDER[step], default=None)


def _least(install: InstallRow, state: InstallState) -> Step | None:
    match state:
        case InstallState.BOOTING:
            return Step.MENU
        case InstallState.ANSWERED | InstallState.INSTALLING:
            return Step.ANSWERFILE if install.wants_answerfile else Step.RAM_DISK
    return None


def _since(install: InstallRow, state: InstallState, events: Sequence[EventRow]) -> float | None:
    if install.ended_at is not None:
        return install.ended_at
    match state:
        case InstallState.ARMED:
            return install.armed_at
        case InstallState.LAPSED:
            return install.expires
        case InstallState.ANSWERED:
            return install.delivered_at
    told = [event.at for event in events if event.kind == f"install.{state}" and event.install == install.id]
    return told[-1] if told else install.delivered_at or (events[0].at if events else install.armed_at)


def _because(host: str, install: InstallRow, state: InstallState) -> str | None:
    if state is InstallState.FROZEN:
        return _LOOK.format(host)
    if state is InstallState.LAPSED:
        return install.ended_because or "it was not consumed in time"
    return install.ended_because

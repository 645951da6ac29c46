"""What the host's own install would make of a boot now: used up, frozen, or over before the installer asks. And a loop that the machine was
last seen in."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator

from pxeserve.domain.host import Host
from pxeserve.domain.install import OPEN_STATES, InstallState
from pxeserve.domain.medium import Medium
from pxeserve.operations.context import Context
from pxeserve.rehearse.prediction import Prediction
from pxeserve.snapshot import Snapshot
from pxeserve.store import installs
from pxeserve.store.events import Wanted, latest
from pxeserve.timeline.steps import Step

_BOOT = 600.0
"""Seconds from power to the answerfile where nothing is known yet: a server's self-test, and installers that try card after card for a
minute each."""

_ALIKE = 20
"""Hosts of the profile whose earlier installs are looked at."""

_LOOKED_AT = 400
_LOOP_LASTS = 3600.0


def live(context: Context, host: Host, medium: Medium | None) -> Iterator[Prediction]:
    """What becomes of a boot now by the install that the host has already."""
    with context.store.site.read() as connection:
        row = installs.newest_of(connection, host.id)
    if row is None:
        return
    label, again = f"install {row.id}", f"pxeserve host cancel {host.name}, then pxeserve host install {host.name}"
    if row.state is InstallState.FROZEN:
        said = f"{host.name}'s arming is frozen because somebody else asked for it: it gets its own disk"
        yield Prediction(Step.MENU, "arming-frozen", said, f"pxeserve events --host {host.name} says who; {again}", label)
    elif row.state in (InstallState.ANSWERED, InstallState.INSTALLING):
        said = f"{host.name} has been given its answerfile already (its token is used up), so every further network boot gets its own disk"
        yield Prediction(Step.MENU, "arming-used-up", said, f"wait until it is done; or {again}", label)
    elif row.state in OPEN_STATES and clock.time() >= row.expires:
        said = f"{host.name}'s arming has run out: it gets its own disk"
        yield Prediction(Step.MENU, "arming-run-out", said, f"pxeserve host install {host.name}", label)
    elif row.state in OPEN_STATES and medium is not None and row.medium_revision not in (None, medium.revision):
        said = f"medium {medium.name} is not the one that was checked when {host.name} was armed: it gets its own disk"
        yield Prediction(Step.MENU, "medium-changed", said, again, label)


def time(context: Context, snapshot: Snapshot, host: Host) -> Iterator[Prediction]:
    """Whether an arming lasts until the installer has its answerfile, by the slowest boot that is known of this profile."""
    with context.store.site.read() as connection:
        row = installs.newest_of(connection, host.id)
    armed = row is not None and row.state in OPEN_STATES
    left = row.expires - clock.time() if armed and row is not None else float(context.config.arming.expires)
    if left <= 0:
        return
    slowest = _slowest(context, snapshot, host)
    whose, needed = slowest if slowest is not None else ("", _BOOT)
    if left >= needed:
        return
    lapses = f"{host.name}'s arming lapses in {left:.0f} s" if armed else f"an arming lapses after {left:.0f} s"
    known = f"{whose} needed {needed:.0f} s" if whose else f"a server may need {needed:.0f} s"
    said = f"{lapses}, and {known} from its menu to its answerfile: it would be refused then"
    fix = "set [arming] expires higher" + (f", and arm {host.name} again" if armed else "")
    source = "the record of earlier installs" if whose else "[arming] expires"
    yield Prediction(Step.ANSWERFILE, "arming-too-short", said, fix, source, stops=bool(whose))


def loop(context: Context, host: Host) -> Iterator[Prediction]:
    """A loop that the machine was last seen in: the same loader, named again and again."""
    now = clock.time()
    with context.store.events.read() as connection:
        for mac in host.macs:
            events = latest(connection, Wanted(mac=mac, from_time=now - _LOOP_LASTS), _LOOKED_AT)
            told = next((one for one in reversed(events) if one.kind in ("dhcp.refused", "boot.menu", "http.answerfile")), None)
            because = (told.data or {}).get("because", ()) if told is not None and told.kind == "dhcp.refused" else ()
            for one in because if isinstance(because, list | tuple) else ():
                if isinstance(one, dict) and one.get("code") == "loop":
                    fix = "switch Secure Boot off, or set the machine to its other boot mode; an iPXE must say so in option 77"
                    said = f"{mac} was last seen in a loop: {one.get('text')}"
                    yield Prediction(Step.LOADER, "loop", said, fix, "record: dhcp.refused")


def _slowest(context: Context, snapshot: Snapshot, host: Host) -> tuple[str, float] | None:
    """The host of the same profile that took longest from its menu to its answerfile, and how long (s); None where none is known."""
    alike = [one.name for one in snapshot.by_id.values() if one.profile == host.profile][:_ALIKE]
    found: tuple[str, float] | None = None
    with context.store.events.read() as connection:
        for name in alike:
            began: dict[str, float] = {}
            for event in latest(connection, Wanted(host=name, kind="install"), _LOOKED_AT):
                if event.install is None or (event.data or {}).get("rehearsal"):
                    continue
                if event.kind == "install.booting":
                    began.setdefault(event.install, event.at)
                elif event.kind == "install.answered" and event.install in began:
                    took = event.at - began[event.install]
                    if found is None or took > found[1]:
                        found = (name, took)
    return found

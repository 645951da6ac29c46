"""Which of some hosts can be armed as a person wishes, and why the others cannot: prepared, linted and frozen, nothing written.

One host or a thousand: all refusals are found, not only the first. Refuses to know what was counted or confirmed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from pxeserve.domain.host import Host
from pxeserve.domain.install import LIVE_STATES, InstallState
from pxeserve.errors import ConflictError, PxeserveError, RefusedError
from pxeserve.installs import again
from pxeserve.installs.again import Remembered
from pxeserve.installs.refusal import Refusal, already
from pxeserve.keys import load_keys
from pxeserve.operations.context import Context, Progress
from pxeserve.operations.preparing.host import Checked, Mode, Preparing
from pxeserve.operations.record.tails import tails
from pxeserve.snapshot import shared
from pxeserve.store import installs
from pxeserve.store.installs import InstallRow

RECENT = 24 * 3600.0
"""Seconds after an installation that was done for which another one is most likely a mistake."""

_PORT_KEPT, _PORT_EVENTS = 600.0, 20
"""Seconds within which a card is at one port, and how many of its events are looked at for that."""

_MODES: Mapping[str, Mode] = {"fresh": "fresh", "reinstall": "reinstall", "upgrade": "upgrade", "restore": "restore"}
_TO_REPEAT = frozenset({InstallState.FAILED, InstallState.LAPSED, InstallState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Wish:
    """How hosts are to be installed: in `mode`, or `again` as each one's last installation was asked for."""

    mode: Mode | None = None
    interactive: bool = False
    again: bool = False

    def fault(self) -> str | None:
        """What is said twice, as a sentence."""
        if self.again and (self.mode is not None or self.interactive):
            return "again means the mode of the last time: leave out --mode and --interactive"
        return None


@dataclass(frozen=True, slots=True)
class Ready:
    """A host that can be armed. `remembered` is what will be kept of it, `last` the state that its last install ended in where that is
    repeated, `differs` how this one differs from it; `done_at` is when one of its installations was done, epoch seconds."""

    checked: Checked
    mode: Mode
    interactive: bool
    remembered: Remembered
    last: InstallState | None = None
    differs: tuple[str, ...] = ()
    done_at: float | None = None

    @property
    def host(self) -> Host:
        """Which."""
        return self.checked.host

    def recent(self, now: float) -> bool:
        """Whether it was installed a short while ago."""
        return self.done_at is not None and now - self.done_at < RECENT


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found, in the order of the hosts."""

    ready: tuple[Ready, ...]
    refused: tuple[Refusal, ...]


def survey(context: Context, hosts: Sequence[Host], wish: Wish, password: str | None) -> Survey:
    """Prepare all `hosts`; `password` stands in for the real ones (plans). Raises PxeserveError for a wish that contradicts itself, or when
    this server itself cannot arm."""
    if fault := wish.fault():
        raise PxeserveError(fault)
    with context.store.site.read() as connection:
        ids = [host.id for host in hosts]
        newest, done = installs.newest_by_host(connection, ids), installs.last_done(connection, ids)
    twins, doubled = _twins(context), _doubled(context, hosts)
    key = load_keys(context.config.server.data).seal
    ready: list[Ready] = []
    refused: list[Refusal] = []
    with Preparing(context) as preparing:
        for number, host in enumerate(hosts):
            context.report(Progress(number, len(hosts), f"preparing {host.name}"))
            last = newest.get(host.id)
            try:
                _refuse_live(host, last)
                _refuse_twin(host, twins, doubled)
                ready.append(_ready(preparing, host, wish, last, password, key, done.get(host.id)))
            except PxeserveError as error:
                refused.append(Refusal(host.name, error))
    return Survey(tuple(ready), tuple(refused))


def _ready(
    preparing: Preparing, host: Host, wish: Wish, last: InstallRow | None, password: str | None, key: bytes, done_at: float | None
) -> Ready:
    mode, interactive = (_as_last(host, last)) if wish.again else (wish.mode or "fresh", wish.interactive)
    found = preparing.checked(host, mode, interactive=interactive, password=password)
    now = again.remembered(found.medium, found.template, found.merged.values, found.frozen.scripts, key)
    if not wish.again or last is None:
        return Ready(found, mode, interactive, now, done_at=done_at)
    then = again.recalled(last.remembered)
    if last.medium != now.medium:
        raise RefusedError(
            f"{host.name}: its last install was of {last.medium or 'plain files'}, and its profile names {now.medium or 'plain files'} now",
            fix=f"that is not the same again: pxeserve host install {host.name} --mode {mode}",
        )
    said = again.differs(then, now) if then is not None else ["what was declared then is not on record"]
    return Ready(found, mode, interactive, now, last.state, tuple(said), done_at)


def _as_last(host: Host, last: InstallRow | None) -> tuple[Mode, bool]:
    """How the last install of `host` was asked for. Raises RefusedError when there is none that did not come to its end."""
    fix = f"say how: pxeserve host install {host.name} --mode fresh"
    if last is None:
        raise RefusedError(f"{host.name} was never armed, so there is nothing to do again", fix=fix)
    if last.state not in _TO_REPEAT:
        raise RefusedError(f"{host.name}: its last install is {last.state}, and again is for those that did not come to their end", fix=fix)
    return _MODES.get(last.mode, "fresh"), last.interactive


def _refuse_live(host: Host, last: InstallRow | None) -> None:
    if last is not None and last.state in LIVE_STATES:
        raise already(host.name, last.state)


def _refuse_twin(host: Host, twins: Mapping[str, list[str]], doubled: Mapping[str, str]) -> None:
    """Refuse a host of which nobody could say which machine it is (threat T28)."""
    if said := doubled.get(host.name):
        raise ConflictError(
            f"{host.name}: {said}: two machines have one MAC, or one was moved a moment ago",
            fix="find the other machine, or wait until the first port has been silent for ten minutes",
        )
    others = [name for name in twins.get(host.uuid or "", ()) if name != host.name]
    if others:
        raise ConflictError(
            f"{host.name} has the UUID {host.uuid}, and so has {', '.join(others[:5])}: nobody knows which one would be installed",
            fix=f"give each its own, or none: pxeserve host set {host.name} --set uuid=",
        )


def _doubled(context: Context, hosts: Sequence[Host]) -> dict[str, str]:
    """Hosts of which a card was heard through two ports of relay agents (option 82) within ten minutes, with a sentence that names both.
    One that is heard through two relays at once, as redundant routers do it, asks the same questions (xid) through both."""
    now = time.time()
    found: dict[str, str] = {}
    for name, events in tails(context, hosts, _PORT_EVENTS).items():
        asked: dict[str, dict[str, set[str]]] = {}
        for event in events:
            data = event.data or {}
            if abs(now - event.at) < _PORT_KEPT and event.mac and data.get("giaddr") and data.get("xid"):
                port = f"{data['giaddr']} {data.get('circuit', '')}".strip()
                asked.setdefault(event.mac, {}).setdefault(port, set()).add(str(data["xid"]))
        for mac, ports in asked.items():
            apart = next(((one, other) for one, other in combinations(sorted(ports), 2) if not ports[one] & ports[other]), None)
            if apart is not None:
                found[name] = f"{mac} was heard through {' and through '.join(apart)} within ten minutes"
    return found


def _twins(context: Context) -> dict[str, list[str]]:
    """The UUIDs that more than one host has, with these hosts."""
    hosts = shared(context.store).current().hosts.values()
    often = {uuid for uuid, count in Counter(host.uuid for host in hosts if host.uuid).items() if count > 1}
    found: dict[str, list[str]] = {}
    for host in hosts:
        if host.uuid in often and host.uuid:
            found.setdefault(host.uuid, []).append(host.name)
    return found


def unrepeated(refused: Sequence[Refusal]) -> Iterator[str]:
    """A line for each refusal, the same reason of many hosts once."""
    reasons: dict[str, list[str]] = {}
    for one in refused:
        reason = one.error.message.removeprefix(one.host).lstrip(": ").replace("\n", "; ").replace(one.host, "it")
        reasons.setdefault(reason, []).append(one.host)
    for reason, names in reasons.items():
        yield f"{named(names)}: {reason}"


def named(names: Sequence[str], most: int = 12) -> str:
    """Hosts in a sentence: all of them, or the first ones and how many there are."""
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[:most])} and {len(names) - most} more"

"""Arming and cancelling many hosts: a selection, and the number of machines that a person believes it to be.

The number is what keeps a mistyped rack from being wiped. All of the selection or none, unless those that can be are asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field

from pxeserve.answerfile.declared import SHOWN
from pxeserve.domain.host import Host
from pxeserve.domain.install import LIVE_STATES
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.installs.refusal import Refusal, refuse_any
from pxeserve.operations.arming.installs import Reveal, ago, armed, arming, planned
from pxeserve.operations.arming.surveying import Ready, Survey, Wish, named, survey, unrepeated
from pxeserve.operations.context import Context
from pxeserve.operations.preparing.host import Mode, erases
from pxeserve.operations.record.silence import unheard_notes
from pxeserve.operations.registry import verb
from pxeserve.operations.words.selection import Selection, select, selection
from pxeserve.snapshot import shared
from pxeserve.store import installs

MOST = 1000
"""Hosts of one arming."""

_PLAIN = "plain files"
Names = Annotated[list[str], Field(max_length=MOST)]


@verb("host.plan", role=Role.VIEWER)
def plan(
    context: Context,
    *,
    name: Names | None = None,
    rack: str | None = None,
    tag: list[str] | None = None,
    mode: Mode | None = None,
    interactive: bool = False,
    again: bool = False,
) -> dict[str, Any]:
    """What arming a selection would come to: each host with what it installs and erases, those that cannot be armed and why, and who was
    installed a short while ago. Everything is checked as an arming checks it; nothing is changed."""
    wanted, hosts = _selected(context, name, rack, tag)
    found = survey(context, hosts, Wish(mode, interactive, again), SHOWN)
    now = time.time()
    notes = unheard_notes(context, [one.host for one in found.ready])
    return {
        "selection": str(wanted),
        "found": len(hosts),
        "hosts": [{**planned(one), "notes": [notes[one.host.name]] if one.host.name in notes else []} for one in found.ready],
        "refused": [_refused(one) for one in found.refused],
        "recent": [one.host.name for one in found.ready if one.recent(now)],
    }


@verb("host.install-all", role=Role.OPERATOR, fresh=True)
def install_all(
    context: Context,
    *,
    name: Names | None = None,
    rack: str | None = None,
    tag: list[str] | None = None,
    count: int | None = None,
    mode: Mode | None = None,
    interactive: bool = False,
    again: bool = False,
    those_that_can: bool = False,
    confirm: Names | None = None,
    reveal: Reveal = "now",
) -> dict[str, Any]:
    """Arm a selection, `count` hosts in all: another number than is found arms nothing. One that cannot be armed keeps all others from it
    too, unless `those_that_can`; then `count` is the number of those. Hosts that were installed within the last day want their names in
    `confirm`."""
    wanted, hosts = _selected(context, name, rack, tag)
    wish, now = Wish(mode, interactive, again), time.time()
    if those_that_can or count != len(hosts):
        seen = survey(context, hosts, wish, SHOWN)
        expected = len(seen.ready) if those_that_can else len(hosts)
        if count != expected:
            raise _miscounted(wanted, hosts, seen, count, expected)
        hosts = [one.host for one in seen.ready]
    found = survey(context, hosts, wish, None)
    refuse_any(found.refused, len(hosts))
    _refuse_recent(found.ready, confirm or (), now)
    if not found.ready:
        raise RefusedError(f"none of {wanted} can be armed: {'; '.join(unrepeated(seen.refused))}")
    left_out = seen.refused if those_that_can else ()
    done = armed(context, found.ready, time.time(), reveal)
    return {"selection": str(wanted), "hosts": done, "refused": [_refused(one) for one in left_out]}


@verb("host.cancel-all", role=Role.OPERATOR)
def cancel_all(
    context: Context, *, name: Names | None = None, rack: str | None = None, tag: list[str] | None = None, count: int | None = None
) -> dict[str, Any]:
    """End the live installs of a selection, `count` in all: of its hosts, those that have one. Another number ends none."""
    wanted, hosts = _selected(context, name, rack, tag)
    with context.store.site.read() as connection:
        states = installs.live(connection, [host.id for host in hosts])
    live = [host for host in hosts if host.id in states]
    if not live:
        raise RefusedError(f"none of {wanted} has an install that could be cancelled")
    if count != len(live):
        said = "how many was not said" if count is None else f"{count} was said"
        lines = "".join(f"\n  {state}: {named([host.name for host in live if states[host.id] is state])}" for state in _in_order(states))
        raise RefusedError(
            f"{said}, and {_installs(len(live))} of {wanted} would be cancelled; none was:{lines}",
            fix=f"say it to go on: --count {len(live)}",
        )
    ended = arming(context).cancel_all(live, context.actor.name, time.time())
    return {
        "selection": str(wanted),
        "hosts": [{"host": host.name, "install": one.id, "state": one.state} for host, one in zip(live, ended, strict=True)],
    }


def _selected(context: Context, names: list[str] | None, rack: str | None, tags: list[str] | None) -> tuple[Selection, list[Host]]:
    wanted = selection(names, rack, tags)
    hosts = select(list(shared(context.store).current().hosts.values()), wanted)
    if len(hosts) > MOST:
        raise PxeserveError(f"{wanted}: {len(hosts)} hosts, and {MOST} at most are taken at once", fix="say a rack, or fewer names")
    return wanted, hosts


def _miscounted(wanted: Selection, hosts: Sequence[Host], seen: Survey, count: int | None, expected: int) -> RefusedError:
    """Says what was found, so that the person sees which of the two is wrong."""
    said = "how many was not said" if count is None else f"{count} was said"
    what = f"{_hosts(len(hosts))} found: {wanted}" + (f", of which {expected} can be armed" if expected != len(hosts) else "")
    lines = "".join(f"\n  {line}" for line in [*_grouped(seen.ready), *(f"cannot be armed: {one}" for one in unrepeated(seen.refused))])
    return RefusedError(f"{said}, and {what}; nothing is armed:{lines}", fix=f"if that is what you want, say it: --count {expected}")


def _grouped(ready: Sequence[Ready]) -> Iterator[str]:
    """Hosts that would be installed alike, a line for each kind."""
    alike: dict[str, list[str]] = {}
    for one in ready:
        medium = one.checked.medium.name if one.checked.medium else _PLAIN
        disks = f"erases {', '.join(found)}" if (found := erases(one.checked)) else "erases what a person or its files choose"
        how = "interactively" if one.interactive else one.mode
        if one.mode == "upgrade" and not one.interactive:
            disks = "keeps its disks"
        alike.setdefault(f"{how} from {medium}, {disks}", []).append(one.host.name)
    for what, names in alike.items():
        yield f"{named(names)}: {what}"


def _refuse_recent(ready: Sequence[Ready], confirmed: Sequence[str], now: float) -> None:
    wrong = [
        Refusal(one.host.name, RefusedError(f"{one.host.name} was installed {ago(now - one.done_at)} ago, and would be erased again"))
        for one in ready
        if one.done_at is not None and one.recent(now) and one.host.name not in confirmed
    ]
    if wrong:
        lines = "".join(f"\n  {line}" for line in unrepeated(wrong))
        raise RefusedError(f"{len(wrong)} of {len(ready)} hosts were installed within the last day; nothing is armed:{lines}",
                           fix="if they are to be installed again all the same: --yes")  # fmt: skip


def _refused(one: Refusal) -> dict[str, str]:
    return {"host": one.host, "why": one.error.message, "fix": one.error.fix}


def _in_order(states: dict[int, Any]) -> list[Any]:
    return [state for state in LIVE_STATES if state in states.values()]


def _hosts(count: int) -> str:
    return "1 host is" if count == 1 else f"{count} hosts are"


def _installs(count: int) -> str:
    return "1 install" if count == 1 else f"{count} installs"

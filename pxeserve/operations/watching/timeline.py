"""A host's timeline: its installations stage by stage, beside what such stages usually take, and its boots step by step."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from pxeserve.domain.host import Host
from pxeserve.domain.role import Role
from pxeserve.errors import NotFoundError, PxeserveError
from pxeserve.events.steady import now_of
from pxeserve.installs.logs import LAST
from pxeserve.operations.context import Context
from pxeserve.operations.record.silence import lapsed, silence
from pxeserve.operations.registry import verb
from pxeserve.operations.watching.besides import known
from pxeserve.operations.watching.logs import consoles_of
from pxeserve.snapshot import shared
from pxeserve.store import events as stored
from pxeserve.store import logs, stretches, times
from pxeserve.store.logs import LogRow
from pxeserve.timeline.lines import Line
from pxeserve.timeline.medians import Median, medians
from pxeserve.timeline.missing import Known, Next
from pxeserve.timeline.reading import BootLines, Timeline, next_step, read
from pxeserve.timeline.told import Stage, Story

_NEWEST = 400
"""Events that are looked at for what comes next: more than an install without its packages has."""
EARLIER = 25
"""Installations of a profile, the newest, over which a median is taken."""
Limit = Annotated[int, Field(ge=1, le=stored.MOST)]


@verb("timeline", role=Role.VIEWER)
def timeline(
    context: Context, *, host: str | None = None, install: str | None = None, limit: Limit = stored.MOST, at: float | None = None
) -> dict[str, Any]:
    """What the record means: the installations of `host` and its boots, or one installation with the boots that belong to it; as it was
    told at epoch second `at`, or will be if nothing comes until then. It is `whole` when `limit` events were more than there are."""
    if (host is None) == (install is None):
        raise PxeserveError("a timeline is a host's or an installation's", fix="name one of them")
    now = now_of(context.store) if at is None else at
    with context.store.events.read() as connection:
        wanted = _of_host(context, host) if host is not None else _of_install(connection, install or "")
        latest = (stretches.shortened if at is None else stored.latest)(connection, wanted, limit)
    found = [event for event in latest if at is None or event.moment <= at]
    whose = wanted.host or ""
    one_host = shared(context.store).current().hosts.get(whose)
    told = read(whose, found, now, _known(context, one_host, install, math.inf if at is None else at))
    installs = _installs(context, [one for one in told.installs if install in (None, one.install)], now)
    whole = sum(event.times for event in latest) < limit
    return {**_timeline(told), "installs": installs, **_unheard(context, one_host, install, at), "whole": whole}


def _unheard(context: Context, host: Host | None, install: str | None, at: float | None) -> dict[str, Any]:
    """Why nothing was heard of the host since it was armed, if so; that is then also what comes next, and why it does not."""
    now, until = (time.time(), math.inf) if at is None else (at, at)
    found = silence(context, host, now, install=install, until=until) if host is not None else None
    return dict.fromkeys(("unheard", "next"), dataclasses.asdict(found)) if found is not None else {"unheard": None}


def _known(context: Context, host: Host | None, install: str | None = None, until: float = math.inf) -> Known:
    """What is known besides the record; of a host whose arming ran out, also what was heard while it lasted."""
    found = known(context, host)
    return dataclasses.replace(found, heard=lapsed(context, host, install=install, until=until)) if host is not None else found


def coming(context: Context, host: Host, silent: Next | None) -> dict[str, Any] | None:
    """What should come next of `host`, as its timeline says it of the newest boot, or of an arming that nothing followed, which `silence`
    has found."""
    if silent is not None:
        return dataclasses.asdict(silent)
    with context.store.events.read() as connection:
        events = stored.latest(connection, stored.Wanted(host=host.name), _NEWEST)
    following = next_step(events, now_of(context.store), _known(context, host))
    return dataclasses.asdict(following) if following else None


def _of_host(context: Context, name: str) -> stored.Wanted:
    if name not in shared(context.store).current().hosts:
        raise NotFoundError(f"there is no host {name}", fix="pxeserve host list names them all")
    return stored.Wanted(host=name)


def _of_install(connection: Any, install: str) -> stored.Wanted:
    """From the arming of `install` up to the next one. Raises NotFoundError."""
    host = stored.host_of(connection, install)
    if host is None:
        raise NotFoundError(f"no installation {install} is on record", fix="pxeserve events --host NAME names those of a host")
    armings = stored.armings(connection, host)
    begins = next(number for number, one in armings if one == install)
    until = next((number for number, one in armings if number > begins and one != install), None)
    return stored.Wanted(host=host, since=begins - 1, until=until)


def _installs(context: Context, told: Sequence[Story], now: float) -> list[dict[str, Any]]:
    """Stories, with what their stages usually take, and the installer's log where there is one."""
    hosts = shared(context.store).current().hosts
    profiles = {one.host: hosts[one.host].profile for one in told if one.host in hosts}
    ids = [one.install for one in told]
    with context.store.events.read() as connection:
        own = times.known(connection, ids)
        ends = logs.of_installs(connection, ids)
        wanted = {own[one.install].profile if one.install in own else profiles.get(one.host, "") for one in told}
        good = {profile: times.earlier(connection, profile, float("inf"), times.KEPT) for profile in wanted if profile}
    usual: dict[tuple[str, ...], Mapping[str, Median]] = {}
    found = []
    for one in told:
        row = own.get(one.install)
        before = row.ended_at if row else float("inf")
        profile = row.profile if row else profiles.get(one.host, "")
        earlier = [each for each in good.get(profile, ()) if each.ended_at < before and each.install != one.install][:EARLIER]
        key = tuple(each.install for each in earlier)
        if key not in usual:
            usual[key] = medians(each.stages for each in earlier)
        found.append(_install(context, one, usual[key], ends.get(one.install), now))
    return found


def _install(context: Context, story: Story, usual: Mapping[str, Median], log: LogRow | None, now: float) -> dict[str, Any]:
    return {
        "install": story.install,
        "state": story.state,
        "mode": story.mode,
        "medium": story.medium,
        "by": story.by,
        "at": story.at,
        "seconds": (now if story.ended is None else story.ended) - story.began,
        "ended": story.ended is not None,
        "boots": story.boots,
        "stages": [_stage(one, story, usual, now) for one in story.stages],
        "log": {"stage": log.stage, "at": log.at, "bytes": log.size, "last": log.text.splitlines()[-LAST:]} if log else None,
        "look": consoles_of(context, story.medium) if story.state == "failed" and log is None else None,
    }


def _stage(one: Stage, story: Story, usual: Mapping[str, Median], now: float) -> dict[str, Any]:
    median = usual.get(str(one.name))
    return {
        "name": one.name,
        "at": one.at,
        "offset": one.began - story.began,
        "seconds": one.seconds,
        "lasting": now - one.began if one.seconds is None else None,
        "bytes": one.bytes,
        "rate": one.rate,
        "detail": one.detail,
        "ok": one.ok,
        "because": [dict(reason) for reason in one.because],
        "median": dataclasses.asdict(median) if median else None,
    }


def _timeline(timeline: Timeline) -> dict[str, Any]:
    return {
        "host": timeline.host,
        "state": timeline.state,
        "boots": [_boot(boot) for boot in timeline.boots],
        "beside": [{"at": one.at, "text": one.text, "ok": one.ok} for one in timeline.beside],
        "next": dataclasses.asdict(timeline.next) if timeline.next else None,
    }


def _boot(boot: BootLines) -> dict[str, Any]:
    return {
        "mac": boot.mac,
        "session": boot.session,
        "began": boot.began,
        "rehearsal": boot.rehearsal,
        "target": boot.target,
        "reached": boot.reached,
        "next": dataclasses.asdict(boot.next) if boot.next else None,
        "lines": [_line(one, boot) for one in boot.lines],
    }


def _line(one: Line, boot: BootLines) -> dict[str, Any]:
    return {
        "at": one.at,
        "offset": one.moment - boot.lines[0].moment,
        "step": one.step,
        "text": one.text,
        "ok": one.ok,
        "bytes": one.bytes,
        "seconds": one.seconds,
        "rate": one.rate,
        "count": one.count,
        "events": [one.first, one.last],
        "because": list(one.because),
    }

"""Arming one host: the dangerous verb. Everything is checked now (`surveying`), so that nothing surprises ten minutes into a boot."""

from __future__ import annotations

import time
from typing import Any, Literal

from pxeserve.domain.role import Role
from pxeserve.errors import RefusedError
from pxeserve.installs.arming import Arming, Order, Still
from pxeserve.installs.refusal import refuse_any
from pxeserve.keys import load_keys
from pxeserve.operations.arming.facts import facts
from pxeserve.operations.arming.surveying import RECENT, Ready, Wish, survey
from pxeserve.operations.context import Context
from pxeserve.operations.editing import served
from pxeserve.operations.inventory.hosts import known
from pxeserve.operations.preparing.host import Mode, comes_to, erases
from pxeserve.operations.record.silence import unheard_notes
from pxeserve.operations.registry import verb
from pxeserve.snapshot import shared
from pxeserve.store import installs

Reveal = Literal["now", "later"]


@verb("host.install", role=Role.OPERATOR)
def install(
    context: Context,
    *,
    name: str,
    mode: Mode | None = None,
    interactive: bool = False,
    again: bool = False,
    confirm: str | None = None,
    reveal: Reveal = "now",
) -> dict[str, Any]:
    """Arm a host for one installation: in `mode` (fresh when nothing is said), or `again` as its last one was asked for, if that did not
    come to its end. A host that was installed before wants its name in `confirm`: its disks will be erased. A random root password is
    shown `now`, in the answer, or `later`: sealed for a day, until `host.password` is asked for it."""
    now = time.time()
    with context.store.site.read() as connection:
        host = known(connection, name)
        done = installs.last_done(connection, [host.id]).get(host.id)
    if done is not None and confirm != host.name:
        when = f"was installed {ago(now - done)} ago" if now - done < RECENT else "has been installed before"
        raise RefusedError(
            f"{host.name} {when}, and installing it again erases its disks",
            fix=f"say its name to go on: pxeserve host install {host.name} (it asks), or with --yes",
        )
    found = survey(context, [host], Wish(mode, interactive, again), None)
    refuse_any(found.refused, 1)
    return armed(context, found.ready, time.time(), reveal)[0]


@verb("host.cancel", role=Role.OPERATOR)
def cancel(context: Context, *, name: str) -> dict[str, Any]:
    """End a host's live install; from then on its network boots end on its own disk."""
    with context.store.site.read() as connection:
        host = known(connection, name)
    ended = arming(context).cancel(host, context.actor.name, time.time())
    return {"host": host.name, "install": ended.id, "state": ended.state}


def armed(context: Context, ready: tuple[Ready, ...], now: float, reveal: Reveal, still: Still | None = None) -> list[dict[str, Any]]:
    """Arm all that are `ready`, in one transaction, and tell what came of it. Raises PxeserveError when one cannot be after all, or when
    `still` says so in that transaction; then none is."""
    rows = arming(context).arm_all([_order(context, one, reveal) for one in ready], now, still)
    files = ((one.host.name, row.id, one.checked.frozen.answerfile) for one, row in zip(ready, rows, strict=True))
    served.keep(context, [(host, id_, file) for host, id_, file in files if file is not None], now)
    notes = unheard_notes(context, [one.host for one in ready])
    return [
        {
            **planned(one),
            "notes": [notes[one.host.name]] if one.host.name in notes else [],
            "install": row.id,
            "expires": row.expires,
            "root_password": one.checked.given.made if reveal == "now" else None,
            "password_kept": bool(one.checked.given.kept(shown=reveal == "now").root),
        }
        for one, row in zip(ready, rows, strict=True)
    ]


def planned(one: Ready) -> dict[str, Any]:
    """What arming a host comes to, for programs."""
    found, becomes = one.checked, comes_to(one.checked, one.mode)
    return {
        "host": one.host.name,
        "mode": one.mode,
        "interactive": one.interactive,
        "medium": found.medium.name if found.medium else None,
        "erases": erases(found),
        "keeps": list(becomes.keeps) if becomes else [],
        "loses": list(becomes.loses) if becomes else [],
        "again": {"last": one.last, "differs": list(one.differs)} if one.last is not None else None,
        "done_at": one.done_at,
        "warnings": [*found.given.warnings, *(found.answered.warnings if found.answered else ())],
    }


def arming(context: Context) -> Arming:
    """The acts on installs of this service."""
    return Arming(context.store, load_keys(context.config.server.data), context.config)


def ago(seconds: float) -> str:
    """A span of time as people say it."""
    if seconds < 120:
        return f"{max(seconds, 0):.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"


def _order(context: Context, one: Ready, reveal: Reveal) -> Order:
    found = one.checked
    kept = found.given.kept(shown=reveal == "now")
    return Order(
        one.host, found.medium, one.mode, one.interactive, found.wants_answerfile, found.frozen, context.actor.name,
        secret=kept, remembered=one.remembered.kept(), facts=facts(found, shared(context.store).current().profile_of(one.host)),
        first_boot=found.first_boot,
    )  # fmt: skip

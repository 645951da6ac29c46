"""Rehearsals that the service itself walks, for whoever is not on this machine: over loopback as a relay agent, as any user may. Many are a
job that ends with their reports; one may be watched, each step told as it ends.

The walk asks for everything by the same verbs as the command that walks elsewhere. Refuses to know how a step is walked.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from pxeserve.domain.client import Firmware
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError, RefusedError
from pxeserve.operations import registry
from pxeserve.operations.context import Context, Progress
from pxeserve.operations.registry import verb
from pxeserve.rehearse.crowd import rehearse_all
from pxeserve.rehearse.meant import ALL, KINDS, Ask, Wanted, all_reach, kinds_reach, of_card, of_hosts
from pxeserve.rehearse.run import Begun, Report, Watching, rehearse
from pxeserve.rehearse.step import Step

Names = Annotated[list[str], Field(max_length=1000)]
_AT_ONCE = threading.BoundedSemaphore(4)
"""Walks that are watched at once."""

_Told = queue.SimpleQueue[dict[str, Any] | Exception | None]


@verb("rehearse.run", role=Role.OPERATOR)
def run(
    context: Context, *, mac: str | None = None, name: Names | None = None, rack: str | None = None, tag: list[str] | None = None,
    firmware: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Walk the installation of the host that owns `mac`, or of a selection, or of all; each with `firmware`, or with what it last said.
    `firmware` may be `all` for one card. `ok`: all would reach the end; of one card's kinds one at least, and none stops but for want of a
    loader."""
    if mac is not None and (name or rack or tag):
        raise PxeserveError("a MAC is one host; names, rack and tags mean many", fix="leave out one of them")
    if firmware is not None and firmware not in (*KINDS, ALL):
        raise PxeserveError(f"{firmware!r} is none of {', '.join(KINDS)}, {ALL}")
    if firmware == ALL and mac is None:
        raise PxeserveError("all kinds of firmware are for one card", fix="give its MAC")
    ask = _asking(context)
    wanted = of_card(ask, mac, firmware) if mac is not None else of_hosts(ask, rack=rack, tag=tag, firmware=firmware, names=name)
    reports = list(_walked(context, wanted))
    return {"ok": kinds_reach(reports) if firmware == ALL else all_reach(reports), "reports": [one.plain() for one in reports]}


@verb("rehearse.walk", role=Role.OPERATOR)
def walk(context: Context, *, mac: str, firmware: Firmware | None = None) -> Iterator[dict[str, Any]]:
    """Walk the installation of the host that owns `mac`, with `firmware` or what it last said: `{"begun": ...}`, a `{"step": ...}` as each
    ends, and at last `{"report": ...}`. The walk goes to its end though nobody listens any more."""
    if not _AT_ONCE.acquire(blocking=False):
        raise RefusedError("four rehearsals are being watched already", fix="wait until one of them has ended")
    told: _Told = queue.SimpleQueue()
    kind = str(firmware) if firmware is not None else None
    threading.Thread(target=_watched, args=(_asking(context), mac, kind, told), name="rehearsal", daemon=True).start()
    return _following(told)


def _asking(context: Context) -> Ask:
    def ask(name: str, arguments: Mapping[str, Any]) -> Any:
        return registry.call(context, name, arguments)

    return ask


def _walked(context: Context, wanted: list[Wanted]) -> Iterator[Report]:
    context.report(Progress(0, len(wanted), f"{len(wanted)} to be walked" if len(wanted) > 1 else wanted[0].host if wanted else ""))
    for number, report in enumerate(rehearse_all(_asking(context), wanted), 1):
        context.report(Progress(number, len(wanted), f"{report.host} {report.firmware}: {'ok' if report.ok else 'would stop'}"))
        yield report


def _watched(ask: Ask, mac: str, firmware: str | None, told: _Told) -> None:
    def begins(begun: Begun) -> None:
        told.put({"begun": {"host": begun.host, "mac": begun.mac, "firmware": begun.firmware, "heard": begun.heard}})

    def ends(step: Step) -> None:
        told.put({"step": asdict(step)})

    try:
        told.put({"report": rehearse(ask, mac, firmware, Watching(begins, ends)).plain()})
    except Exception as error:  # noqa: BLE001 - it is raised where somebody listens
        told.put(error)
    finally:
        _AT_ONCE.release()
        told.put(None)


def _following(told: _Told) -> Iterator[dict[str, Any]]:
    while (one := told.get()) is not None:
        if isinstance(one, Exception):
            raise one
        yield one

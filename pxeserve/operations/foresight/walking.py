"""Rehearsals that the service itself walks, for whoever is not on this machine: over loopback as a relay agent, as any user may.

The walk asks for everything by the same verbs as the command that walks here. Refuses to know how a step is walked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from pxeserve.domain.client import Firmware
from pxeserve.domain.role import Role
from pxeserve.errors import PxeserveError
from pxeserve.operations import registry
from pxeserve.operations.context import Context, Progress
from pxeserve.operations.registry import verb
from pxeserve.rehearse.crowd import Wanted, rehearse_all
from pxeserve.rehearse.run import Report

ALL = "all"
Names = Annotated[list[str], Field(max_length=1000)]


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
    if firmware is not None and firmware != ALL and firmware not in {str(one) for one in Firmware}:
        raise PxeserveError(f"{firmware!r} is none of {', '.join(Firmware)}, {ALL}")
    if firmware == ALL and mac is None:
        raise PxeserveError("all kinds of firmware are for one card", fix="give its MAC")
    wanted = list(_of_card(context, mac, firmware) if mac is not None else _of_hosts(context, name, rack, tag, firmware))
    reports = list(_walked(context, wanted))
    whole = all(one.ok for one in reports) if firmware != ALL else any(one.ok for one in reports)
    return {"ok": bool(reports) and whole, "reports": [one.plain() for one in reports]}


def _of_card(context: Context, mac: str, firmware: str | None) -> Iterator[Wanted]:
    said: Any = registry.call(context, "rehearse.foresee", {"mac": mac, "firmware": None if firmware == ALL else firmware})
    kinds = [one.value for one in Firmware] if firmware == ALL else [said["firmware"]]
    for kind in kinds:
        yield Wanted(said["host"], said["mac"], kind, said["heard"] if firmware is None else "", alike=kind)


def _of_hosts(context: Context, names: list[str] | None, rack: str | None, tag: list[str] | None, firmware: str | None) -> Iterator[Wanted]:
    found: Any = registry.call(context, "rehearse.hosts", {"rack": rack, "tag": tag, "firmware": firmware})
    if names:
        known = {one["host"] for one in found}
        for one in names:
            if one not in known:
                raise PxeserveError(f"there is no host {one} among those", code="not-found", fix="pxeserve host list shows them all")
    for one in found:
        if not names or one["host"] in names:
            yield Wanted(**one)


def _walked(context: Context, wanted: list[Wanted]) -> Iterator[Report]:
    def ask(name: str, arguments: Mapping[str, Any]) -> Any:
        return registry.call(context, name, arguments)

    context.report(Progress(0, len(wanted), f"{len(wanted)} to be walked" if len(wanted) > 1 else wanted[0].host if wanted else ""))
    for number, report in enumerate(rehearse_all(ask, wanted), 1):
        context.report(Progress(number, len(wanted), f"{report.host} {report.firmware}: {'ok' if report.ok else 'would stop'}"))
        yield report

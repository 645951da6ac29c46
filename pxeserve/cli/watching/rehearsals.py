"""Many rehearsals in one command: a bar while they go on, and a table of who would stop where."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pxeserve.cli.terminal.session import console, print_json, visible
from pxeserve.cli.watching.quietly import asking
from pxeserve.rehearse import meant

if TYPE_CHECKING:
    from pxeserve.rehearse.run import Report


class _Done(Protocol):
    def __call__(self, text: str) -> None: ...


def hosts(config: Path | None, rack: str | None, tags: list[str] | None, firmware: str | None, *, json: bool) -> bool:
    """Rehearse the hosts that are meant; whether all would reach the end."""
    reports = _walked(config, meant.of_hosts(partial(asking, config), rack=rack, tag=tags, firmware=firmware), json=json)
    return meant.all_reach(reports) if json else of_hosts(reports)


def kinds(config: Path | None, mac: str, *, json: bool) -> bool:
    """Rehearse one host with each kind of firmware. Kinds that the table of loaders has nothing for are shown and do not count, unless
    there is no other."""
    reports = _walked(config, meant.of_card(partial(asking, config), mac, meant.ALL), json=json)
    return meant.kinds_reach(reports) if json else of_kinds(reports)


def of_kinds(reports: list[Report]) -> bool:
    """Show them, of the kinds of one card's firmware; `meant.kinds_reach`."""
    order = meant.KINDS
    _table(sorted(reports, key=lambda one: order.index(one.firmware)), "firmware", lambda one: one.firmware)
    reached = sorted((one.firmware for one in reports if one.ok), key=order.index)
    console().print(f"{reports[0].host} would be installed to the end from: {', '.join(reached) or 'none'}")
    return meant.kinds_reach(reports)


def of_hosts(reports: list[Report]) -> bool:
    """Show them, of many hosts; `meant.all_reach`."""
    _table(sorted(reports, key=lambda one: one.host), "host", lambda one: one.host)
    failing = [one.host for one in reports if not one.ok]
    said = f"rehearsal failed: {len(failing)} of {len(reports)} hosts would be stopped" if failing else ""
    console().print(said or f"rehearsal ok: all {len(reports)} hosts would be installed to the end", style="bold")
    return meant.all_reach(reports)


def _walked(config: Path | None, wanted: list[meant.Wanted], *, json: bool) -> list[Report]:
    from pxeserve.rehearse.crowd import rehearse_all

    reports = []
    with _bar(len(wanted), json=json) as done:
        for report in rehearse_all(partial(asking, config), wanted):
            reports.append(report)
            if json:
                print_json(report.plain())
            done(f"{report.host} {report.firmware}: {'ok' if report.ok else 'would stop'}")
    return reports


@contextmanager
def _bar(total: int, *, json: bool) -> Iterator[_Done]:
    """A bar of rehearsals on a terminal; elsewhere, and beside --json, nothing."""
    if json or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    shown = Console(stderr=True, emoji=False)
    said = TextColumn("{task.description}", markup=False)
    columns = (TextColumn("rehearsed"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), said)
    with Progress(*columns, console=shown, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda text: bar.update(task, advance=1, description=visible(text)[:60])


def _table(reports: list[Report], head: str, name: Any) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in (head, "outcome", "stops at", "cause", "fix"):
        table.add_column(column, overflow="fold")
    if head == "host":
        table.add_column("firmware")
    for one in reports:
        first = one.outlook.first
        stops = (first.step.value, first.text, first.fix) if first is not None else ("", "", "")
        cells = [name(one), "ok" if one.ok else "stops", *stops]
        cells += [one.firmware + ("" if "assumed" not in one.heard else " (assumed)")] if head == "host" else []
        table.add_row(*(Text(visible(cell)) for cell in cells), style="" if one.ok else "red")
    console().print(table)

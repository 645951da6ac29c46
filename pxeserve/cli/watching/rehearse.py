"""`pxeserve rehearse`: walk a host's whole installation with a simulated client, or those of many. The walks happen in this process."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.terminal import far, progress
from pxeserve.cli.terminal.selecting import RackOption, TagOption
from pxeserve.cli.terminal.session import NO, ConfigOption, JsonOption, ask, console, print_json, reporting_errors, visible, wrong_use
from pxeserve.cli.watching import rehearsals
from pxeserve.cli.watching.quietly import asking
from pxeserve.errors import PxeserveError
from pxeserve.rehearse.meant import ALL, KINDS, all_reach, kinds_reach

if TYPE_CHECKING:
    from pxeserve.rehearse.prediction import Prediction
    from pxeserve.rehearse.run import Begun, Report
    from pxeserve.rehearse.step import Step

app = typer.Typer()
_KINDS = (*KINDS, ALL)


def _kind(value: str | None) -> str | None:
    if value is not None and value not in _KINDS:
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(_KINDS)}")
    return value


@app.command()
def rehearse(
    mac: Annotated[str | None, typer.Argument(metavar="MAC", help="The card that would boot.", show_default=False)] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    firmware: Annotated[
        str | None,
        typer.Option(
            "--firmware", metavar="KIND", callback=_kind, show_default=False,
            help=f"What the machine boots with: {', '.join(_KINDS)}. Default: what it said when it was last heard, else bios.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All hosts, or those of --rack and --tag, each with its own firmware.")
    ] = False,
    rack: RackOption = None,
    tag: TagOption = None,
) -> None:
    """Walk everything that a host's installation asks of this server, as a machine does, and say which step would stop it.

    Says too what is known beforehand and cannot be walked. Ends with 0 only when the machine would reach the end; with --all, when all
    would. Hosts, their arming and their addresses are not touched. --json: one document, or a line a rehearsal with --all or
    --firmware all.
    """
    many = every or rack is not None or bool(tag)
    with wrong_use():
        _check(mac, firmware, many=many)
    with reporting_errors():
        if far.chosen() is not None:
            ok = _from_afar(config, mac, firmware, rack, tag, json=json)
        elif mac is not None and firmware != ALL:
            ok = _told(config, mac, firmware, json=json)
        else:
            ok = rehearsals.kinds(config, mac, json=json) if mac else rehearsals.hosts(config, rack, tag, firmware, json=json)
    if not ok:
        raise typer.Exit(NO)


def _check(mac: str | None, firmware: str | None, *, many: bool) -> None:
    if mac is None and not many:
        raise PxeserveError("which host?", fix="give the MAC of the card that would boot; or --all, --rack RACK, --tag TAG")
    if mac is not None and many:
        raise PxeserveError("a MAC is one host, and --all, --rack and --tag mean many", fix="leave out one of them")
    if many and firmware == ALL:
        raise PxeserveError("--firmware all is for one host", fix="give its MAC")


def _told(config: Path | None, mac: str, firmware: str | None, *, json: bool) -> bool:
    """One rehearsal, told as it goes; whether its end was reached."""
    from pxeserve.rehearse.run import Watching
    from pxeserve.rehearse.run import rehearse as walk

    shown = console()
    watching = Watching() if json else Watching(partial(_has_begun, shown), partial(_show, shown))
    try:
        report = walk(partial(asking, config), mac, firmware, watching)
    except PxeserveError as error:
        if not json:
            shown.print(Text(f"rehearsal failed: {visible(error.message)}"))
        raise
    if json:
        print_json(report.plain())
    else:
        _ends(shown, report)
    return report.ok


def _from_afar(config: Path | None, mac: str | None, firmware: str | None, rack: str | None, tag: list[str] | None, *, json: bool) -> bool:
    """Rehearsals that the far server walks itself; whether the machine, or all of them, would reach the end."""
    from pxeserve.cli.watching import rehearsals
    from pxeserve.rehearse.run import from_plain

    wanted = {"mac": mac, "rack": rack, "tag": tag, "firmware": firmware}
    answer = ask(config, "rehearse.run", wanted, progress.Silent() if json else None)
    reports = [from_plain(one) for one in answer["reports"]]
    if mac is not None and firmware != ALL:
        if json:
            print_json(reports[0].plain())
        else:
            _begins(console(), reports[0].heard)
            for step in reports[0].steps:
                _show(console(), step)
            _ends(console(), reports[0])
        return reports[0].ok
    if json:
        for one in reports:
            print_json(one.plain())
        return kinds_reach(reports) if mac is not None else all_reach(reports)
    return rehearsals.of_kinds(reports) if mac is not None else rehearsals.of_hosts(reports)


def _has_begun(shown: Console, begun: Begun) -> None:
    _begins(shown, begun.heard)
    if begun.plan is not None:
        shown.print(Text(f"{begun.host} rehearsed as {begun.plan.mac} against {begun.plan.server}", style="bold"))


def _begins(shown: Console, heard: str) -> None:
    if heard:
        shown.print(Text(visible(heard)))


def _show(shown: Console, step: Step) -> None:
    size = f"{step.bytes:>11,} bytes" if step.bytes else " " * 17
    mark = "ok  " if step.ok else "FAIL"
    style = "" if step.ok else "red"
    shown.print(Text(f"  {mark} boot {step.boot}  {step.name:<26} {step.seconds:>8.3f} s {size}  {visible(step.text)}", style=style))
    if step.fix:
        shown.print(Text(f"       {visible(step.fix)}", style=style))


def _ends(shown: Console, report: Report) -> None:
    if report.outlook.first is not None:
        shown.print("would stop at:")
        _predicts(shown, report.outlook.first, "red")
    if report.outlook.also:
        shown.print("known too:")
        for one in report.outlook.also:
            _predicts(shown, one, "yellow")
    shown.print("not walked:")
    for part in report.not_walked:
        shown.print(Text(f"  - {visible(part)}"))
    shown.print(Text(visible(report.verdict), style="bold"))


def _predicts(shown: Console, one: Prediction, style: str) -> None:
    may = "" if one.stops else " (may, and need not)"
    shown.print(Text(f"  {one.step}{may}: {visible(one.text)}", style=style))
    if one.fix:
        shown.print(Text(f"       {visible(one.fix)}"))
    shown.print(Text(f"       source: {visible(one.source)}", style="dim"))

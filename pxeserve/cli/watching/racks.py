"""`pxeserve rack`: where all hosts of a rack stand, once or as it changes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pxeserve.cli.terminal.figures import clock, duration
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, console, invoke, stream

app = typer.Typer(help="Racks: list, and show where each host stands.", no_args_is_help=True)

_STYLES = {"failed": "red", "lapsed": "red", "frozen": "red", "done": "green", "idle": "dim", "cancelled": "dim"}
_REDRAWN = 5.0
"""Seconds after which a picture is drawn again on a terminal though nothing has changed: time passes in it."""

_BESIDE_HOSTS = 6
"""Lines of the screen that are not hosts."""


@app.command("list")
def list_racks(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show all racks, and how many of their hosts are armed, installing, done or failed."""
    invoke(config, json, "rack.list", {}, _listed)


@app.command("show")
def show(
    rack: Annotated[str, typer.Argument(metavar="RACK", help="Its name; - for the hosts that are in none.")],
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as things happen, until Ctrl-C.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show where each host of a rack stands: its state and since when, the step it has reached, what is overdue and why."""
    if not follow:
        invoke(config, json, "rack.show", {"name": rack}, lambda picture, shown: shown.print(_picture(picture)))
        return
    if json or not sys.stdout.isatty():
        stream(config, json, "rack.follow", {"name": rack}, _Changes())
        return
    with Live(console=console(), screen=False, auto_refresh=False) as live:
        arguments = {"name": rack, "every": _REDRAWN}
        stream(config, json, "rack.follow", arguments, lambda picture, shown: live.update(_fitted(picture, shown), refresh=True))


class _Changes:
    """Prints the hosts of which something has changed, a line each, for logs and pipes."""

    def __init__(self) -> None:
        self._before: dict[str, str] = {}

    def __call__(self, picture: Any, shown: Console) -> None:
        """Print what is new in `picture`."""
        for host in picture["hosts"]:
            said = " ".join(part for part in (host["state"], _step(host), _why(host)) if part)
            if self._before.get(host["host"]) != said:
                self._before[host["host"]] = said
                shown.print(Text(f"{clock(picture['at'], 'seconds')}  {host['host']}  {said}"))


def _listed(answer: Any, shown: Console) -> None:
    if not answer:
        shown.print("no hosts yet: pxeserve host add --mac MAC --name NAME --profile PROFILE")
        return
    table = Table("rack", "hosts", "states")
    for one in answer:
        table.add_row(Text(_named(one["rack"])), str(one["hosts"]), _counts(one["counts"]))
    shown.print(table)


def _picture(picture: Any) -> RenderableType:
    return Group(_heading(picture), _table(picture["hosts"], picture["at"]))


def _fitted(picture: Any, shown: Console) -> RenderableType:
    """As much as the screen holds, those that a person should look at first."""
    room = max(shown.height - _BESIDE_HOSTS, 1)
    hosts = picture["hosts"]
    if len(hosts) <= room:
        return _picture(picture)
    first = sorted(hosts, key=lambda one: (not one["troubled"], one["state"] in ("idle", "done", "cancelled"), one["host"]))
    more = Text(f"and {len(hosts) - room} more", style="dim")
    return Group(_heading(picture), _table(first[:room], picture["at"]), more)


def _heading(picture: Any) -> Text:
    text = Text(f"{_named(picture['rack'])}: {len(picture['hosts'])} hosts: ", style="bold")
    text.append(_counts(picture["counts"]))
    if picture["troubled"]:
        text.append(f"; {picture['troubled']} to look at", style="red")
    return text


def _table(hosts: Any, at: float) -> Table:
    table = Table("host", "state", "for", "step", "")
    for one in hosts:
        style = "red" if one["troubled"] else _STYLES.get(one["state"], "")
        cells = (one["host"], one["state"], duration(at - one["since"]) if one["since"] is not None else "", _step(one), _why(one))
        table.add_row(*(Text(cell) for cell in cells), style=style)
    return table


def _step(host: Mapping[str, Any]) -> str:
    if host["package"] is not None:
        return f"package {host['package']} of {host['packages']}"
    return host["step"] or ""


def _why(host: Mapping[str, Any]) -> str:
    if host["doubt"]:
        return str(host["doubt"])
    if found := host["unheard"]:
        return _unheard(found)
    if overdue := host["overdue"]:
        return f"did not come: {overdue['expected']}: {overdue['text']}"
    return host["because"] or ""


def _unheard(found: Mapping[str, Any]) -> str:
    """In one line, the causes in the order of their likelihood."""
    causes = found["causes"]
    if len(causes) == 1:
        return f"{found['text']}; {causes[0]['tell']}: {causes[0]['fix']}"
    return f"{found['text']}; likely: " + "; ".join(f"({number}) {one['text']}" for number, one in enumerate(causes, 1))


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts.items()) or "none"


def _named(rack: str) -> str:
    return "in no rack" if rack == "-" else rack

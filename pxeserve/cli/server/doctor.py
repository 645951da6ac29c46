"""`pxeserve doctor`: what is wrong with this network and this server, and the sentence that fixes it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pxeserve.cli.terminal import far
from pxeserve.cli.terminal.session import (
    NO,
    ConfigOption,
    JsonOption,
    ask,
    configured,
    console,
    print_json,
    reporting_errors,
    visible,
    wrong_use,
)

app = typer.Typer(add_completion=False)

_STYLES = {"stops": "bold red", "harms": "yellow", "note": "cyan"}


@app.command()
def doctor(
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="NAME", help="Carry out this check alone; may be said again.", show_default=False)
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Name the checks and what they look at, and end.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Look for what is wrong with this network and this server, and say what to do. Changes nothing; best as root.

    Ends with 0 when nothing is wrong, with 1 when something is.
    """
    from pxeserve.doctor.registry import named
    from pxeserve.operations.server import doctor as operation

    names = [name for words in only or () for name in words.split(",") if name]
    with wrong_use():
        named(names)
    if listed:
        _list(operation.catalogue(), json=json)
        return
    with reporting_errors():
        if far.chosen() is None:
            answer = operation.everywhere(configured(config), names, lambda those: ask(config, "doctor", {"only": list(those)}))
        else:
            answer = ask(config, "doctor", {"only": names or None})  # that machine, with the rights of its service
        if json:
            print_json(answer)
        else:
            _show(visible(answer), console())
    if not answer["ok"]:
        raise typer.Exit(NO)


def _list(checks: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        print_json(checks)
        return
    table = Table("check", "looks at", box=None, pad_edge=False)
    for one in checks:
        table.add_row(one["check"], Text(one["looks_at"]))
    console().print(table)


def _show(answer: dict[str, Any], shown: Console) -> None:
    for one in answer["findings"]:
        _finding(one, shown)
    table = Table("check", "", "", box=None, pad_edge=False)
    for result in answer["results"]:
        wrong = sum(one["grade"] != "note" for one in result["findings"])
        said = f"{wrong} found" if wrong else "; ".join(one["text"] for one in result["cannot_look"])
        style = {"wrong": "bold red", "fine": "green"}.get(result["state"], "yellow")
        table.add_row(result["check"], Text(result["state"], style), Text(said or result["looks_at"]))
        for one in result["cannot_look"]:
            if one["fix"]:
                table.add_row("", "", Text(f"to look: {one['fix']}", "dim"))
    shown.print(table)
    grave = sum(one["grade"] != "note" for one in answer["findings"])
    blind = sum(result["state"] == "cannot look" for result in answer["results"])
    unseen = f"; {blind} checks could not look" if blind else ""
    shown.print(Text("nothing is wrong, as far as can be seen" if answer["ok"] else f"{grave} things are wrong", "bold") + Text(unseen))


def _finding(one: dict[str, Any], shown: Console) -> None:
    shown.print(Text(f"{one['grade']:<6}", _STYLES[one["grade"]]) + Text(one["text"], "bold"))
    for label, text in (("where", f"{one['where']} (check {one['check']})"), ("shows", one["tell"]), ("fix", one["fix"])):
        shown.print(Text(f"       {label:<6}{text}"))
    shown.print()

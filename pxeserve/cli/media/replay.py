"""`pxeserve media verify NAME --as DIALECT --over PROTOCOL`: what an installer would find, shown as an access log and a verdict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

from pxeserve.cli.terminal.session import NO, invoke
from pxeserve.errors import PxeserveError
from pxeserve.repo.replay.generation import GENERATIONS, Over, generation

As = Annotated[
    str | None,
    typer.Option("--as", metavar="DIALECT", help=f"Ask as that generation's installer does: {', '.join(GENERATIONS)}.", show_default=False),
]
OverOption = Annotated[Over | None, typer.Option("--over", help="The protocol, with --as; http by default.", show_default=False)]

_PHASES = {"find": "it looks for repositories", "check": "its own check", "install": "what it installs besides"}


def replayed(name: str | None, everything: bool, dialect: str | None, over: Over | None, config: Path | None, json: bool) -> None:
    """Replay, show it, and end with 1 unless that installer would install to the end and its own check passes."""
    if dialect is None:
        raise typer.BadParameter("say which installer asks: --as DIALECT", param_hint="--over")
    if name is None or everything:
        raise typer.BadParameter("name one medium", param_hint="--as")
    try:
        generation(dialect)
    except PxeserveError as error:
        raise typer.BadParameter(f"{error.message}; {error.fix}", param_hint="--as") from None
    arguments = {"name": name, "dialect": dialect, "over": (over or Over.HTTP).value}
    answer = invoke(config, json, "media.replay", arguments, _shown)
    if not answer["ok"]:
        raise typer.Exit(NO)


def _shown(answer: Any, console: Console) -> None:
    console.print(Text(f"{answer['medium']} at {answer['address']}, asked as the installer of {answer['dialect']} asks", style="bold"))
    phase = ""
    for request in answer["requests"]:
        if request["phase"] != phase:
            phase = request["phase"]
            console.print(Text(f"{_PHASES[phase]}:"))
        status = "" if request["status"] is None else str(request["status"])
        size = f"{request['bytes']:>13,}" if request["bytes"] else " " * 13
        console.print(Text(f"  {request['method']:<4} {request['path']:<48} {status:>3} {size}  {request['outcome']}"))
        for command in request["commands"]:
            console.print(Text(f"         {command}", style="dim"))
    _table(answer, console)
    for quirk in answer["quirks"]:
        console.print(Text(f"quirk {quirk['name']}: {quirk['text']}"), Text(f"  {quirk['fix']}"), sep="\n")
    for said in answer["said"]:
        console.print(Text(f"it would say ({said['when']}): {said['text']}"))
    console.print(Text("not walked:"))
    for part in answer["not_walked"]:
        console.print(Text(f"  - {part}"))
    console.print(Text(answer["verdict"], style="bold" if answer["ok"] else "bold red"))
    if answer["fix"]:
        console.print(Text(f"  {answer['fix']}"))


def _table(answer: Any, console: Console) -> None:
    if answer["repositories"]:
        table = Table("repository", "name", "folder", "format", "packages", "found")
        for one in answer["repositories"]:
            times = "once" if one["times"] == 1 else f"{one['times']} times"
            cells = (one["identity"], one["name"], one["folder"] or "(top)", one["format"], str(one["packages"]), times)
            table.add_row(*(Text(cell) for cell in cells))
        console.print(table)
    taken = sum(request["bytes"] for request in answer["requests"])
    console.print(Text(f"{len(answer['requests'])} requests, {decimal(taken)}, {answer['checked']} packages checked"))
    if answer["packages"]:
        table = Table("package", "installer", "in truth", "because")
        for one in answer["packages"]:
            table.add_row(*(Text(one[key]) for key in ("file", "installer", "ours", "because")))
        console.print(table)

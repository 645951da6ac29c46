"""`pxeserve host recover` and `pxeserve recovery`: a dead host back into its pool, step by step."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.terminal.progress import Silent
from pxeserve.cli.terminal.session import NO, ConfigOption, JsonOption, ask, invoke, reporting_errors, visible
from pxeserve.errors import PxeserveError

app = typer.Typer(help="Recoveries under way: list, show, confirm, resume, stop. `host recover` begins one.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ID", help="The recovery, as `recovery list` shows it.")]


def recover(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The host that is dead.")],
    plan: Annotated[bool, typer.Option("--plan", help="Only show how it would come back; nothing is changed.")] = False,
    drill: Annotated[bool, typer.Option("--drill", help="Rehearse it: check all that can be without wiping or arming anything.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before its disks are going to be wiped.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Bring a dead host back into its pool: shows the plan, asks for the host's name, and begins that plan and no other. `recovery show`
    tells how it goes on."""
    if plan:
        invoke(config, json, "recover.plan", {"name": name}, _planned)
        return
    if drill:
        if not invoke(config, json, "recover.drill", {"name": name}, _drilled)["ok"]:
            raise typer.Exit(NO)
        return
    asks = not yes and sys.stdin.isatty()
    with reporting_errors():
        found = visible(ask(config, "recover.plan", {"name": name}, Silent() if json else None))
        if asks or not json:
            _planned(found, Console(stderr=True, highlight=False, emoji=False))
        if asks and found["blockers"]:
            raise PxeserveError(f"{name} cannot be recovered like that", fix=found["blockers"][0]["fix"])
    confirm = name.lower() if yes else None
    if asks:
        confirm = typer.prompt(f"{name} will be wiped. Type its name to go on", default="", show_default=False, err=True)
    invoke(config, json, "recover.begin", {"name": name, "print": found["print"], "confirm": confirm}, _shown)


@app.command("list")
def list_recoveries(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the newest recoveries and drills."""
    invoke(config, json, "recover.list", {}, _listed)


@app.command("show")
def show(id_: Id, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show a recovery: each step, who does it, how it stands, and what is to be done now."""
    invoke(config, json, "recover.show", {"id": id_}, _shown)


@app.command("confirm")
def confirm(
    id_: Id,
    step: Annotated[str, typer.Argument(metavar="STEP", help="The step that you have done.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say that the step which waits for you is done."""
    invoke(config, json, "recover.confirm", {"id": id_, "step": step}, _shown)


@app.command("resume")
def resume(id_: Id, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Take a recovery that has stopped up again. One whose installation came to nothing is armed anew, if all is still as agreed; one that
    waits because the old machine answers, or cannot be heard, knocks again."""
    invoke(config, json, "recover.resume", {"id": id_}, _shown)


@app.command("stop")
def stop(id_: Id, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Give a recovery up. An install that it armed is ended by `host cancel`."""
    invoke(config, json, "recover.stop", {"id": id_}, _shown)


def _planned(answer: Any, console: Console) -> None:
    console.print(f"[bold]{escape(answer['host'])}[/bold] was {'alone in' if answer['role'] == 'sole' else 'a ' + answer['role'] + ' of'} "
                  f"pool {escape(answer['pool'])}; it comes back from {escape(answer['medium'] or 'no medium')}")
    for word, texts in (("wipes", answer["erases"]), ("lost", answer["losses"]["lost"]), ("kept", answer["losses"]["kept"]),
                        ("not known", answer["losses"]["unknown"]), ("mind", answer["minds"])):
        for text in texts:
            console.print(f"  {word}: {escape(text)}")
    for number, one in enumerate(answer["steps"], 1):
        console.print(f"  {number:>2}. {escape(one['name']):11} {escape(one['who'])}: {escape(one['does'])}, {_lasting(one['seconds'])}"
                      f"{' as before' if one['of_record'] else ''}")
        for command in one["commands"]:
            console.print(f"        {escape(command)}")
    console.print(f"about {_lasting(answer['seconds'])} in all")
    for one in answer["blockers"]:
        console.print(f"[bold]not like that:[/bold] {escape(one['why'])}\n  {escape(one['fix'])}")


def _drilled(answer: Any, console: Console) -> None:
    _planned(answer["plan"], console)
    for one in answer["checks"]:
        console.print(f"{'ok  ' if one['ok'] else 'FAIL'} {escape(one['check'])}: {escape(one['said'])}")
        if one["fix"] and not one["ok"]:
            console.print(f"     {escape(one['fix'])}")
    console.print("nothing was armed and nothing was wiped")


def _listed(answer: Any, console: Console) -> None:
    table = Table("id", "host", "pool", "role", "state", "step", "")
    for one in answer:
        kind = "drill, " if one["drill"] else ""
        cells = (one["id"], one["host"], one["pool"], one["role"], kind + one["state"], one["step"], one["because"])
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table if answer else "no recovery was ever begun: pxeserve host recover NAME")


_MARKS = {"done": "ok", "doing": "..", "waits": "??", "stopped": "!!"}


def _shown(answer: Any, console: Console) -> None:
    of = f"{escape(answer['host'])}, pool {escape(answer['pool'])}"
    console.print(f"recovery [bold]{escape(answer['id'])}[/bold] of {of}: {answer['state']}")
    for one in answer["steps"]:
        mark = _MARKS.get(one["state"], "  ")
        console.print(f"  {mark} {escape(one['name']):11} {escape(one['who'])}: {escape(one['seen'] or one['does'])}")
        if one["state"] == "waits":
            for command in one["commands"]:
                console.print(f"       {escape(command)}")
    if answer["because"]:
        console.print(f"{escape(answer['because'])}\n  {escape(answer['fix'])}")


def _lasting(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"

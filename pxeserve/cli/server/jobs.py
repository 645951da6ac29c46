"""`pxeserve job`: what takes long and was asked for over the API or the console."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pxeserve.cli.terminal.session import NO, ConfigOption, JsonOption, invoke, print_json

app = typer.Typer(help="Jobs of the API and the console: list, show, cancel.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]


@app.command("list")
def list_jobs(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the jobs of the last seven days, the newest first."""
    invoke(config, json, "job.list", {}, _listed)


@app.command("show")
def show(id: Id, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show a job and what came of it; ends with 1 when it failed."""
    answer = invoke(config, json, "job.show", {"id": id}, _shown)
    if answer["state"] in ("failed", "interrupted"):
        raise typer.Exit(NO)


@app.command("cancel")
def cancel(id: Id, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Have a job stop as soon as it can."""
    invoke(config, json, "job.cancel", {"id": id}, lambda answer, to: to.print(f"job {answer['id']} is to stop"))


def _listed(answer: Any, to: Console) -> None:
    if not answer:
        to.print("no jobs within the last seven days")
        return
    table = Table("id", "what", "about", "state", "done", "by", "begun")
    for one in answer:
        done = f"{one['done'] * 100 // one['total']} %" if one["total"] else ""
        begun = f"{datetime.fromtimestamp(one['made_at']).astimezone():%Y-%m-%d %H:%M}"
        table.add_row(one["id"], one["verb"], Text(one["about"]), one["state"], done, Text(one["by"]), begun)
    to.print(table)


def _shown(answer: Any, to: Console) -> None:
    to.print(Text(f"job {answer['id']}: {answer['verb']}, {answer['about']}: {answer['state']}", style="bold"))
    if answer["text"]:
        to.print(Text(f"  {answer['text']}"))
    if answer["problem"]:
        to.print(Text(f"  {answer['problem']['message']}"))
        if answer["problem"]["fix"]:
            to.print(Text(f"  {answer['problem']['fix']}"))
    if answer["result"] is not None:
        print_json(answer["result"])

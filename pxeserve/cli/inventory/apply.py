"""`pxeserve apply`: a declared site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from pxeserve.cli.inventory.tables import text_of
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke

app = typer.Typer(add_completion=False)


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What the site should be, in YAML.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the difference.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove hosts and profiles that the file does not name.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make the site as FILE declares it, all of it or nothing; prints the difference."""
    invoke(config, json, "apply", {"text": text_of(file), "dry_run": dry_run, "prune": prune}, _applied)


def _applied(answer: Any, console: Console) -> None:
    for line in answer["changes"]:
        console.print(line, markup=False)
    if not answer["changes"]:
        console.print("nothing to change")
    elif answer["dry_run"]:
        console.print("(a dry run: nothing was changed)")

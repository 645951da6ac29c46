"""`pxeserve loaders`: boot loaders, imported from packages that are installed already; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.terminal import far
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, wrong_use

app = typer.Typer(help="Boot loaders: import a set, list what is there.", no_args_is_help=True)


@app.command("import")
def import_loaders(
    config: ConfigOption = None,
    json: JsonOption = False,
    from_debian: Annotated[bool, typer.Option("--from-debian", help="From installed packages (the default).")] = False,
    from_dir: Annotated[Path | None, typer.Option("--from-dir", metavar="DIR", help="From a folder.")] = None,
) -> None:
    """Copy pxelinux.0 and its modules into the data folder, a whole set of one SYSLINUX build or nothing; make GRUB images for UEFI."""
    if from_debian and from_dir:
        raise typer.BadParameter("give --from-debian or --from-dir DIR, not both")
    if from_dir:
        with wrong_use():
            far.only_here("a folder of loaders is read")
    arguments = {"from_dir": str(from_dir.resolve())} if from_dir else {}
    invoke(config, json, "loaders.import", arguments, _imported)


@app.command("list")
def list_loaders(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the imported sets; ends with 1 when a file is not the one that was imported, or there is no set."""
    answer = invoke(config, json, "loaders.list", {}, _listed)
    whole = all(file["state"] == "good" for one in answer["sets"] for file in one["files"])
    if answer["missing"] or not whole:
        raise typer.Exit(1)


def _imported(answer: Any, console: Console) -> None:
    console.print(f"set [bold]{answer['set']}[/bold]: SYSLINUX {answer['build']} from {escape(answer['origin'])}", highlight=False)
    console.print("  " + " ".join(answer["files"]), highlight=False)
    if grub := answer["grub"]:
        console.print(f"set [bold]{grub['set']}[/bold]: {escape(grub['origin'])}", highlight=False)
        console.print("  " + " ".join(grub["files"]), highlight=False)
    for note in answer["notes"]:
        console.print(escape(note), highlight=False)


def _listed(answer: Any, console: Console) -> None:
    if answer["missing"]:
        console.print(escape(answer["missing"]))
        return
    table = Table("set", "file", "bytes", "sha256", "state")
    for one in answer["sets"]:
        for file in one["files"]:
            table.add_row(one["set"], file["name"], str(file["size"]), file["sha256"][:16], file["state"])
    console.print(table)
    for one in answer["sets"]:
        console.print(f"{one['set']}: {escape(one['origin'])}", highlight=False)

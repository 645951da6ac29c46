"""`pxeserve media`: installation media."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.media import authoring
from pxeserve.cli.media.imports import import_media, imported, list_imports
from pxeserve.cli.media.replay import As, OverOption, replayed
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, print_json, reporting_errors

app = typer.Typer(
    help="Media: import, imports, list, show, verify, remove; your own: create, add-package, set, revise.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The medium's name.")]


app.command("import")(import_media)
app.command("imports")(list_imports)


@app.command("list")
def list_media(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show all media."""
    invoke(config, json, "media.list", {}, _listed)


@app.command("show")
def show(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show a medium and its packages, in the order in which an installer fetches them."""
    invoke(config, json, "media.show", {"name": name}, _shown)


@app.command("verify")
def verify(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The medium's name.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All media.")] = False,
    changed: Annotated[bool, typer.Option("--changed", help="Read only what was touched since it was last read whole.")] = False,
    disk: Annotated[bool, typer.Option("--disk", help="Read from the disk itself, past what the kernel keeps in memory.")] = False,
    dialect: As = None,
    over: OverOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read every byte again and compare; ends with 1 when something is damaged. What is right again is called good again by it.

    With --as: ask the running server for the medium as that generation's installer does, and say what it would find and install.
    """
    if changed and disk:
        raise typer.BadParameter("--changed and --disk exclude each other")
    if dialect is not None or over is not None:
        if changed or disk:
            raise typer.BadParameter("--changed and --disk are for a look at the files, --as asks for them over the network")
        replayed(name, everything, dialect, over, config, json)
        return
    depth = "changed" if changed else "disk" if disk else "full"
    answer = invoke(config, json, "media.verify", {"name": name, "everything": everything, "depth": depth}, _verified)
    if any(one["state"] != "good" for one in answer):
        raise typer.Exit(1)


@app.command("remove")
def remove(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Remove a medium that nothing needs."""
    invoke(config, json, "media.remove", {"name": name}, lambda answer, console: console.print(f"removed {answer['removed']}"))


app.command("create")(authoring.create)
app.command("add-package")(authoring.add_package)
app.command("set")(authoring.set_fields)
app.command("revise")(authoring.revise)


@app.command("sample")
def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make a small sample medium to try things with. It installs nothing, and says so."""
    from pxeserve.errors import PxeserveError
    from pxeserve.repo.sample import make_sample

    del config  # every command takes it; this one asks nobody
    with reporting_errors():
        try:
            make_sample(folder)
        except OSError as error:
            raise PxeserveError(f"{folder}: {error.strerror or 'not empty'}", fix="name a new folder") from None
        if json:
            print_json({"folder": str(folder)})
        else:
            typer.echo(f"a generated sample medium lies in {folder}; import it with: pxeserve media import {folder} --name sample")


def _listed(answer: Any, console: Console) -> None:
    if not answer:
        console.print("no media yet: pxeserve media import SOURCE --name NAME")
        return
    table = Table("name", "role", "product", "version", "dialect", "packages", "size", "state")
    for medium in answer:
        version = f"{medium['version']}-{medium['build']}" if medium["build"] else medium["version"]
        state = medium["state"] + (" (sample)" if medium["sample"] else "")
        count, size = str(medium["package_count"]), decimal(medium["bytes"])
        row = (medium["name"], medium["role"], escape(medium["product"]), escape(version), medium["dialect"], count, size, state)
        table.add_row(*row)
    console.print(table)
    for medium in answer:
        if medium["state"] == "damaged":
            said = f"{medium['name']} is damaged and cannot be armed: {medium['state_reason']}"
            console.print(escape(said), f"  all of it: pxeserve media verify {medium['name']}", sep="\n")


def _shown(answer: Any, console: Console) -> None:
    imported(answer, console)
    console.print(f"  revision {answer['revision']}", f"  from {escape(answer['origin'])}", sep="\n")
    if answer["checked_at"]:
        console.print(f"  every byte was last read on {datetime.fromtimestamp(answer['checked_at']).astimezone():%Y-%m-%d at %H:%M}")
    if answer["state_reason"]:
        console.print(f"  damaged: {escape(answer['state_reason'])}")
    for note in answer["notes"]:
        console.print(f"  note: {escape(note)}", highlight=False)
    table = Table("#", "file", "type", "bytes", "MD5" if any(one["md5"] for one in answer["packages"]) else "SHA-256")
    for number, package in enumerate(answer["packages"], 1):
        table.add_row(str(number), escape(package["file"]), package["type"], str(package["bytes"]), package["md5"] or package["sha256"])
    console.print(table)


def _verified(answer: Any, console: Console) -> None:
    for one in answer:
        read = f"{one['read']} files read, {decimal(one['bytes'])}"
        if one["unchanged"]:
            read += f"; {one['unchanged']} untouched since they were last read"
        console.print(f"{one['name']}: {one['state']} ({read})")
        for fault in one["faults"]:
            console.print(f"  {escape(fault)}")
        for warning in one["warnings"]:
            console.print(f"  note: {escape(warning)}")
        if one["signature"] and one["signature"]["state"] == "good":
            console.print(f"  {escape(one['signature']['text'])}")

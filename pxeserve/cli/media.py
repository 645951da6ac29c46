"""`pxeserve media`: installation media."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.table import Table

from pxeserve.cli import authoring
from pxeserve.cli.replay import As, OverOption, replayed
from pxeserve.cli.session import ConfigOption, JsonOption, invoke, print_json, reporting_errors

app = typer.Typer(help="Media: import, list, show, verify, create, remove.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The medium's name.")]


@app.command("import")
def import_media(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A folder or an ISO image.")],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="What to call it here.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Import a medium: every package is checked, and it is there whole or not at all."""
    invoke(config, json, "media.import", {"source": str(source.absolute()), "name": name}, _imported)


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
    dialect: As = None,
    over: OverOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read every byte again and compare; ends with 1 when something is damaged.

    With --as: ask the running server for the medium as that generation's installer does, and say what it would find and install.
    """
    if dialect is not None or over is not None:
        replayed(name, everything, dialect, over, config, json)
        return
    answer = invoke(config, json, "media.verify", {"name": name, "everything": everything}, _verified)
    if any(one["state"] != "good" for one in answer):
        raise typer.Exit(1)


@app.command("remove")
def remove(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Remove a medium that nothing needs."""
    invoke(config, json, "media.remove", {"name": name}, lambda answer, console: console.print(f"removed {answer['removed']}"))


app.command("create")(authoring.create)
app.command("add-package")(authoring.add_package)
app.command("set")(authoring.set_fields)


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


def _imported(answer: Any, console: Console) -> None:
    what = f"{answer['product']} {answer['version']}".strip() + (f" build {answer['build']}" if answer["build"] else "")
    console.print(f"medium [bold]{escape(answer['name'])}[/bold]: {escape(what)}, {_what_for(answer)}", highlight=False)
    bootable = answer["bootable"] or answer["role"] in ("pack", "driver-disk")
    console.print(
        f"  {answer['package_count']} packages checked, {answer['files']} files, {decimal(answer['bytes'])}"
        + ("; nothing can boot from it: no boot/xen.gz, boot/vmlinuz and install.img" if not bootable else "")
    )
    if answer["sample"]:
        console.print("  this is a generated sample: it installs nothing")


def _what_for(answer: Any) -> str:
    """What a medium is to an installer, in words."""
    match answer["role"]:
        case "pack":
            return f"a pack in the {answer['format']} format"
        case "driver-disk":
            return f"a driver disk in the {answer['format']} format"
        case "netinstall":
            return f"a netinstall tree, taken for {answer['dialect']}: it boots, and its packages come from elsewhere"
    return f"read by {answer['dialect']} installers"


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


def _shown(answer: Any, console: Console) -> None:
    _imported(answer, console)
    console.print(f"  revision {answer['revision']}", f"  from {escape(answer['origin'])}", sep="\n")
    if answer["state_reason"]:
        console.print(f"  damaged: {escape(answer['state_reason'])}")
    for note in answer["notes"]:
        console.print(f"  note: {escape(note)}", highlight=False)
    table = Table("#", "file", "type", "bytes", "md5")
    for number, package in enumerate(answer["packages"], 1):
        table.add_row(str(number), escape(package["file"]), package["type"], str(package["bytes"]), package["md5"])
    console.print(table)


def _verified(answer: Any, console: Console) -> None:
    for one in answer:
        console.print(f"{one['name']}: {one['state']}")
        for fault in one["faults"]:
            console.print(f"  {escape(fault)}")

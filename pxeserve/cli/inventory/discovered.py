"""`pxeserve discovered`: machines that network-booted and are no hosts yet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.inventory.tables import DryRun, imported, read
from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.selecting import labels
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, say, wrong_use
from pxeserve.errors import PxeserveError

app = typer.Typer(help="Discovered machines: list, show, adopt, forget.", no_args_is_help=True)

Mac = Annotated[str, typer.Argument(metavar="MAC", help="Its network card's address.")]
_WORDS = ("vendor_class", "architecture", "uuid", "serial", "user_class", "hostname", "relay", "circuit", "remote")


@app.command("list")
def list_discovered(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the machines that network-booted and are no hosts, the last seen first."""
    invoke(config, json, "discovered.list", {}, _listed)


@app.command("show")
def show(mac: Mac, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show all that a machine's firmware said."""
    invoke(config, json, "discovered.show", {"mac": mac}, _shown)


@app.command("adopt")
def adopt(
    mac: Annotated[list[str] | None, typer.Argument(metavar="[MAC]...", help="Its cards' addresses.", show_default=False)] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="The host's name; of a host, to enter another card.")] = None,
    profile: Annotated[str | None, typer.Option("--profile", metavar="PROFILE", help="What kind of host it is.")] = None,
    rack: Annotated[str | None, typer.Option("--rack", metavar="RACK", help="Where it stands.")] = None,
    tag: Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="A word to find it by; again for more.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="As `host add` takes it.")] = None,
    file: Annotated[Path | None, typer.Option("--from", metavar="FILE", help="Many at once: a .csv or .yaml file of hosts.")] = None,
    dry_run: DryRun = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make a host of a machine, or of many. Nothing is installed by that: see `host install`."""
    if file is not None:
        with wrong_use():
            if mac or name or profile or rack or tag or set_:
                raise PxeserveError("--from FILE stands alone: what is set for each machine stands in the file")
        invoke(config, json, "discovered.adopt-all", {**read(file), "dry_run": dry_run}, imported)
        return
    if not mac or name is None or dry_run:
        say(PxeserveError("which machine, and its name?", fix="adopt MAC --name NAME --profile PROFILE, or adopt --from FILE"))
        raise typer.Exit(2)
    arguments = {"mac": mac, "name": name, "profile": profile, "set": [*(set_ or []), *labels(rack, tag)]}
    invoke(config, json, "discovered.adopt", arguments, _adopted)


@app.command("forget")
def forget(mac: Mac, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Forget a machine; when it network-boots again it is discovered again."""
    invoke(config, json, "discovered.forget", {"mac": mac}, lambda answer, console: console.print(f"forgotten {answer['forgotten']}"))


def _listed(answer: Any, console: Console) -> None:
    if not answer:
        console.print("no machine that is not a host has network-booted yet")
        return
    table = Table("mac", "firmware", "vendor class", "uuid", "port", "last seen", "boots")
    for one in answer:
        port = " ".join(word for word in (one["relay"], one["circuit"], one["remote"]) if word)
        kind = one["firmware"] or one["architecture"] or "-"
        cells = (one["mac"], kind, one["vendor_class"], one["uuid"] or "-", port or "-", moment(one["last_seen"]), str(one["boots"]))
        table.add_row(*map(escape, cells))
    console.print(table)
    for one in answer:
        for note in one["notes"]:
            console.print(f"{one['mac']}: {escape(note)}")


def _shown(answer: Any, console: Console) -> None:
    console.print(f"{'mac:':14}{answer['mac']}")
    for key in _WORDS:
        if answer[key]:
            console.print(f"{key.replace('_', ' ') + ':':14}{escape(str(answer[key]))}")
    console.print(f"{'first seen:':14}{moment(answer['first_seen'])}")
    console.print(f"{'last seen:':14}{moment(answer['last_seen'])}, {answer['boots']} network boots in all")
    for note in answer["notes"]:
        console.print(f"note: {escape(note)}")


def _adopted(answer: Any, console: Console) -> None:
    console.print(f"[bold]{escape(answer['name'])}[/bold]: {escape(', '.join(answer['mac']))}, profile {escape(answer['profile'])}")
    for note in answer["notes"]:
        console.print(f"note: {escape(note)}")

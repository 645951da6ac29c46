"""`pxeserve host`: machines that have a name here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.inventory import arming, host_log
from pxeserve.cli.inventory.tables import DryRun, imported, read
from pxeserve.cli.recovery import recoveries
from pxeserve.cli.terminal import passwords
from pxeserve.cli.terminal.selecting import NamesArgument, RackOption, TagOption, asked, labels
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, reporting_errors
from pxeserve.cli.watching.timeline import print_next

app = typer.Typer(help="Hosts: add, import, list, show, set, remove, install, recover, modes, password, cancel, log.", no_args_is_help=True)
app.command("log")(host_log.log)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The host's name.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="address, uuid, serial, rack, tags, or an answer such as primary-disk=sda; "
        "KEY+=VALUE adds to a list, KEY= takes away, KEY=null inherits nothing.",
    ),
]
Rack = Annotated[str | None, typer.Option("--rack", metavar="RACK", help="Where it stands.")]
Tag = Annotated[list[str] | None, typer.Option("--tag", metavar="TAG", help="A word to find it by; again for more.")]
Macs = Annotated[list[str] | None, typer.Option("--mac", metavar="MAC", help="A network card's address; again for more cards.")]


@app.command("add")
def add(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="The host's name.")],
    profile: Annotated[str, typer.Option("--profile", metavar="PROFILE", help="What kind of host it is.")],
    mac: Macs = None,
    set_: Set = None,
    rack: Rack = None,
    tag: Tag = None,
    password: passwords.PasswordOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Name a machine. It is not installed by that: see `host install`."""
    with reporting_errors():
        words = [*(set_ or []), *labels(rack, tag), *(passwords.asked() if password else [])]
    arguments = {"name": name, "mac": mac, "profile": profile, "set": words}
    invoke(config, json, "host.add", arguments, _shown)


@app.command("list")
def list_hosts(
    names: NamesArgument = None,
    rack: RackOption = None,
    tag: TagOption = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print a table for a spreadsheet, as `host import` takes it.")] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show hosts and the state of their newest install: all of them, or those that are named, in a rack or have a tag."""
    if csv:
        invoke(config, json, "host.table", asked(names, rack, tag), _table)
        return
    invoke(config, json, "host.list", asked(names, rack, tag), _listed)


@app.command("import")
def import_hosts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .csv or .yaml file of hosts.")],
    dry_run: DryRun = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Add and change hosts as FILE says, all of it or nothing; prints the difference. What it does not say stays as it is."""
    invoke(config, json, "host.import", {**read(file), "dry_run": dry_run}, imported)


@app.command("show")
def show(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show all that is set for a host."""
    invoke(config, json, "host.show", {"name": name}, _shown)


@app.command("set")
def set_host(
    name: Name,
    set_: Set = None,
    mac: Macs = None,
    profile: Annotated[str | None, typer.Option("--profile", metavar="PROFILE", help="Another profile.")] = None,
    rack: Rack = None,
    tag: Tag = None,
    password: passwords.PasswordOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Change a host."""
    with reporting_errors():
        words = [*(set_ or []), *labels(rack, tag), *(passwords.asked() if password else [])]
    invoke(config, json, "host.set", {"name": name, "set": words, "mac": mac, "profile": profile}, _shown)


@app.command("remove")
def remove(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Forget a host."""
    invoke(config, json, "host.remove", {"name": name}, lambda answer, console: console.print(f"removed {answer['removed']}"))


app.command("install")(arming.install)
app.command("cancel")(arming.cancel)
app.command("recover")(recoveries.recover)


@app.command("password")
def password(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Tell the random root password of a host's newest installation: once, and within a day of its arming."""
    invoke(config, json, "host.password", {"name": name}, _password)


@app.command("modes")
def modes(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show what each mode of installing keeps and loses, with the medium that a host's profile names."""
    invoke(config, json, "host.modes", {"name": name}, _modes)


def _modes(answer: Any, console: Console) -> None:
    console.print(f"{escape(answer['host'])} installs {escape(answer['medium'])} ({escape(answer['dialect'])})")
    for one in answer["modes"]:
        if not one["offered"]:
            console.print(f"[bold]{one['mode']}[/bold]: {escape(one['because'])}")
            continue
        console.print(f"[bold]{one['mode']}[/bold]")
        arming.becomes(one, console)


def _password(answer: Any, console: Console) -> None:
    if answer["root_password"]:
        console.print(f"root password of {escape(answer['host'])}, shown this once: [bold]{escape(answer['root_password'])}[/bold]")
    if answer["not_replaced"]:
        console.print(
            "no hook has said that it replaced the password that the answerfile carried in plain text; if the other one does not open the "
            f"host, this does, and should be changed: [bold]{escape(answer['not_replaced'])}[/bold]"
        )


def _table(answer: Any, console: Console) -> None:
    console.out(answer["csv"], end="", highlight=False)


def _listed(answer: Any, console: Console) -> None:
    if not answer:
        console.print("no hosts yet: pxeserve host add --mac MAC --name NAME --profile PROFILE")
        return
    table = Table("name", "mac", "profile", "rack", "tags", "address", "state")
    for host in answer:
        tags = ", ".join(host["tags"]) or "-"
        table.add_row(
            host["name"], "\n".join(host["mac"]), host["profile"], host["rack"] or "-", tags, host["address"] or "-", _state(host)
        )
    console.print(table)


def _state(host: Any) -> str:
    return f"{host['state']}, nothing heard" if host["unheard"] else str(host["state"])


def _shown(answer: Any, console: Console) -> None:
    for key in ("name", "mac", "profile", "rack", "tags", "address", "uuid", "serial", "state"):
        value = answer.get(key)
        if value:
            console.print(f"{key + ':':10}{escape(', '.join(value) if isinstance(value, list) else str(value))}")
    found = answer.get("medium")
    if found:
        state = f" is damaged: {found['because']}" if found["state"] == "damaged" else ""
        console.print(f"{'medium:':10}{escape(found['name'] + state)}")
    if answer.get("doubt"):
        console.print(f"{'alarm:':10}{escape(answer['doubt'])}")
    for key, value in answer["answerfile"].items():
        console.print(f"  {escape(key)}: {escape(str(value))}")
    if answer.get("unheard"):
        print_next(answer["unheard"], console)
    for note in answer.get("notes", ()):
        console.print(f"note: {escape(note)}")

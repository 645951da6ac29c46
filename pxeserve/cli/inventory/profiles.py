"""`pxeserve profile`: what a kind of host gets."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.terminal import passwords
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, reporting_errors

app = typer.Typer(help="Profiles: add, list, show, set, remove.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The profile's name.")]
Medium = Annotated[str | None, typer.Option("--medium", metavar="MEDIUM", help="The medium that such hosts install.")]
Parent = Annotated[str | None, typer.Option("--parent", metavar="PROFILE", help="Where it takes everything from that it does not say.")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="An answer such as primary-disk=sda, or boot.serial=ttyS0,115200; "
        "KEY+=VALUE adds to a list, KEY= takes away, KEY=null inherits nothing.",
    ),
]


@app.command("add")
def add(
    name: Name, medium: Medium = None, parent: Parent = None, set_: Set = None, password: passwords.PasswordOption = False,
    config: ConfigOption = None, json: JsonOption = False,
) -> None:  # fmt: skip
    """Make a profile."""
    with reporting_errors():
        words = [*(set_ or []), *(passwords.asked_for_profile(config, name) if password else [])]
    invoke(config, json, "profile.add", {"name": name, "medium": medium, "parent": parent, "set": words}, _shown)


@app.command("list")
def list_profiles(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show all profiles."""
    invoke(config, json, "profile.list", {}, _listed)


@app.command("show")
def show(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show a profile as it was written."""
    invoke(config, json, "profile.show", {"name": name}, _shown)


@app.command("set")
def set_profile(
    name: Name, medium: Medium = None, parent: Parent = None, set_: Set = None, password: passwords.PasswordOption = False,
    config: ConfigOption = None, json: JsonOption = False,
) -> None:  # fmt: skip
    """Change a profile; `--medium ""` and `--parent ""` take those away."""
    with reporting_errors():
        words = [*(set_ or []), *(passwords.asked_for_profile(config, name) if password else [])]
    invoke(config, json, "profile.set", {"name": name, "medium": medium, "parent": parent, "set": words}, _shown)


@app.command("remove")
def remove(name: Name, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Forget a profile that nothing uses."""
    invoke(config, json, "profile.remove", {"name": name}, lambda answer, console: console.print(f"removed {answer['removed']}"))


def _listed(answer: Any, console: Console) -> None:
    if not answer:
        console.print("no profiles yet: pxeserve profile add NAME --medium MEDIUM")
        return
    table = Table("name", "medium", "parent", "boots")
    for profile in answer:
        plain = "kernel" in profile["boot"] or "multiboot" in profile["boot"]
        table.add_row(profile["name"], _medium(profile), profile["parent"] or "-", "plain files" if plain else "its medium")
    console.print(table)


def _medium(profile: Any) -> str:
    """The medium it names, and whether that one is damaged."""
    found = profile.get("installs") or {}
    return (profile["medium"] or "-") + (" (damaged)" if profile["medium"] and found.get("state") == "damaged" else "")


def _shown(answer: Any, console: Console) -> None:
    for key in ("name", "medium", "parent"):
        if answer[key]:
            console.print(f"{key + ':':10}{escape(answer[key])}")
    found = answer.get("installs")
    if found and found["state"] == "damaged":
        console.print(f"medium {escape(found['name'])} is damaged, so no host can be armed with it: {escape(found['because'])}")
    for part in ("boot", "answerfile"):
        for key, value in answer[part].items():
            console.print(f"  {part}.{escape(key)}: {escape(str(value))}" if part == "boot" else f"  {escape(key)}: {escape(str(value))}")
    for note in answer.get("notes", ()):
        console.print(f"note: {escape(note)}")

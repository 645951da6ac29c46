"""`pxeserve history`: what was declared before, and back to it."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, reporting_errors
from pxeserve.errors import PxeserveError

app = typer.Typer(help="What the site, profiles and hosts declared before: list, show, restore.", no_args_is_help=True)

Profile = Annotated[str | None, typer.Option("--profile", metavar="NAME", help="Of this profile.")]
Host = Annotated[str | None, typer.Option("--host", metavar="NAME", help="Of this host.")]
Moment = Annotated[int, typer.Argument(metavar="NUMBER", help="Which, as `history list` numbers them.")]


@app.command("list")
def list_(profile: Profile = None, host: Host = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show what the answers of a profile or a host were, and who changed them; of the site, when neither is named."""
    with reporting_errors():
        if profile is not None and host is not None:
            raise PxeserveError("either a profile or a host is meant, and both are named", fix="--profile NAME, or --host NAME")
    what = "profile" if profile is not None else "host" if host is not None else "site"
    invoke(config, json, "history.list", {"what": what, "name": profile or host or ""}, _listed)


@app.command("show")
def show(number: Moment, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show what was declared then, and what going back to it would change."""
    invoke(config, json, "history.show", {"id": number}, _shown)


@app.command("restore")
def restore(number: Moment, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Declare that again. It is a change like any other, and can be taken back."""
    invoke(config, json, "history.restore", {"id": number}, _restored)


def _listed(answer: Any, console: Console) -> None:
    if not answer:
        console.print("nothing was changed since changes are remembered")
        return
    table = Table("", "when", "who", "how", "what changed")
    for one in answer:
        said = "; ".join(part for part in (one["changes"], one["note"]) if part)
        table.add_row(str(one["id"]), moment(one["at"]), escape(one["who"] or "-"), one["action"], escape(said))
    console.print(table)


def _shown(answer: Any, console: Console) -> None:
    console.print(f"{moment(answer['at'])} {escape(answer['who'] or 'before')} {answer['action']} {escape(answer['note'])}".rstrip())
    for key, value in answer["answers"].items():
        console.print(f"  {escape(key)}: {escape(str(value))}")
    console.print(escape(answer["changes"]) or "it is so now")


def _restored(answer: Any, console: Console) -> None:
    console.print(escape(answer["changes"]) or "it was so already")
    for note in answer["notes"]:
        console.print(f"note: {escape(note)}")

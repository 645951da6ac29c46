"""`pxeserve init`: what a first start lacks, made at the machine itself: its configuration, and the first account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.people.accounts import StdinOption, asked
from pxeserve.cli.terminal import far
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, ask, console, print_json, reporting_errors, visible
from pxeserve.errors import PxeserveError

app = typer.Typer()
_NAMED = "the configuration to write is named with --config FILE"
InterfaceOption = Annotated[
    str | None, typer.Option("--interface", metavar="NAME", help="Serve this network, and not the default route's.", show_default=False)
]
DataOption = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="The data folder to configure.", show_default=False)]
AskOption = Annotated[
    bool, typer.Option("--ask-network", help="Choose the mode by who answers DHCP there: three DISCOVERs, no address is taken.")
]
NoAccountOption = Annotated[bool, typer.Option("--no-account", help="Make the configuration alone; nothing is asked for.")]


@app.command()
def init(
    user: Annotated[str, typer.Argument(metavar="[USER]", help="What the administrator is called.", show_default=True)] = "admin",
    password_stdin: StdinOption = False,
    no_account: NoAccountOption = False,
    interface: InterfaceOption = None,
    data: DataOption = None,
    ask_network: AskOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make what a first start lacks: a configuration for this machine, and the first account, an administrator's, for the console.

    The configuration is written when --config names a file that is not there; one that is there is never touched. The account's password is
    asked for twice.
    """
    with reporting_errors():
        missing = config is not None and far.chosen() is None and not config.exists()
        if not missing and (no_account or interface is not None or data is not None or ask_network):
            raise PxeserveError(f"{config} is there, and is never written over" if config else "no file to write is named", fix=_NAMED)
        password = None if no_account else asked(user, stdin=password_stdin)
        written = _written(config, interface, data, ask_network) if config is not None and missing else {}
        shown = console()
        if not json:
            _show(visible(written), shown)
        account = {} if password is None else ask(config, "user.init", {"name": user, "password": password})
        if json:
            print_json({"configuration": written, **account} if written else account)
            return
        if account:
            shown.print(Text(f"{visible(account)['name']} administers this server: log in at its console"))
        if written:
            shown.print("next:")
            for command in visible(written)["next"]:
                shown.print(Text(f"  {command}"))


def _written(path: Path, interface: str | None, data: Path | None, ask_network: bool) -> dict[str, Any]:
    from pxeserve.supervisor import founding

    made = founding.found(path, interface, data, founding.ask_network if ask_network else None)
    return {"path": str(made.path), "said": made.said, "because": list(made.because), "next": list(made.following)}


def _show(written: dict[str, Any], shown: Console) -> None:
    """What was written, before anything else is tried."""
    if written:
        shown.print(Text(f"written: {written['path']}"))
    for why in written.get("because", ()):
        shown.print(Text(f"  {why}"))

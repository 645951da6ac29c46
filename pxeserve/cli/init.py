"""`pxeserve init`: the first account, made at the machine itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.accounts import StdinOption, asked
from pxeserve.cli.session import ConfigOption, JsonOption, invoke, reporting_errors

app = typer.Typer()


@app.command()
def init(
    user: Annotated[str, typer.Argument(metavar="[USER]", help="What the administrator is called.", show_default=True)] = "admin",
    password_stdin: StdinOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make the first account, an administrator's, for the console in the browser. Asks for its password twice."""
    with reporting_errors():
        password = asked(user, stdin=password_stdin)
    invoke(config, json, "user.init", {"name": user, "password": password}, _made)


def _made(answer: Any, console: Console) -> None:
    console.print(Text(f"{answer['name']} administers this server: log in at its console"))

"""`pxeserve site`: what all hosts share."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from pxeserve.cli.terminal import passwords
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, reporting_errors

app = typer.Typer(help="The whole site: show and set what all hosts are told.", no_args_is_help=True)


@app.command("show")
def show(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Show the answers that all hosts share unless a profile or they themselves say otherwise."""
    invoke(config, json, "site.show", {}, _shown)


@app.command("set")
def set_site(
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="An answer such as timezone=Europe/London; KEY+=VALUE adds to a list, KEY= takes it away."
        ),
    ] = None,
    password: passwords.PasswordOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Change them."""
    with reporting_errors():
        words = [*(set_ or []), *(passwords.asked_for_site(config) if password else [])]
    invoke(config, json, "site.set", {"set": words}, _shown)


def _shown(answer: Any, console: Console) -> None:
    if not answer["answerfile"]:
        console.print("the site says nothing yet: pxeserve site set --set timezone=Europe/London")
    for key, value in answer["answerfile"].items():
        console.print(f"  {escape(key)}: {escape(str(value))}")

"""`pxeserve host log`: the end of the log of an installer that failed."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from pxeserve.cli.terminal.figures import moment
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke, wrong_use
from pxeserve.errors import PxeserveError


def log(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The host's name: its newest log.")] = None,
    install: Annotated[str | None, typer.Option("--install", metavar="ID", help="The log of this installation.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show the end of an installer's log, which its hook sent when it failed. Secrets are masked in it."""
    with wrong_use():
        if (name is None) == (install is None):
            raise PxeserveError("a log is a host's newest or an installation's", fix="give NAME or --install ID")
    invoke(config, json, "host.log", {"name": name, "install": install}, _shown)


def _shown(answer: Any, console: Console) -> None:
    came = moment(answer["at"])
    head = f"{answer['host'] or 'a host that is gone'}, installation {answer['install']}: {answer['bytes']} bytes came at {came}"
    console.print(Text(f"{head}, at {answer['stage']}"), soft_wrap=True)
    for line in answer["lines"]:
        console.print(Text(line), soft_wrap=True)

"""`pxeserve nfs`: lines for the host's own NFS server."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from rich.markup import escape

from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke

app = typer.Typer(help="NFS: lines for the host's own server.", no_args_is_help=True)


@app.callback()
def _nfs() -> None:
    """NFS: lines for the host's own server."""


@app.command("exports")
def exports(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print the lines of exports(5) with which the host's kernel serves the media, for [nfs] server = "kernel"."""
    invoke(config, json, "nfs.exports", {}, _printed)


def _printed(answer: Any, console: Console) -> None:
    console.print(answer["text"], markup=False, highlight=False, soft_wrap=True, end="")
    for name, why in answer["left_out"].items():
        Console(stderr=True, emoji=False).print(escape(f"medium {name} is left out: {why}"), highlight=False)

"""`pxeserve version`: which release this is. What a running service is of: `pxeserve status`."""

from __future__ import annotations

import typer

from pxeserve import __version__
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, print_json, reporting_errors

app = typer.Typer(add_completion=False)


@app.command()
def version(_config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print the version of this command; asks no service and reads no configuration."""
    with reporting_errors():
        if json:
            print_json({"version": __version__})
        else:
            typer.echo(f"pxeserve {__version__}")

"""`pxeserve config`: what can be configured."""

from __future__ import annotations

import typer

from pxeserve.cli.terminal import far
from pxeserve.cli.terminal.session import ConfigOption, JsonOption, ask, configured, print_json, reporting_errors

app = typer.Typer(help="Configuration: print a commented example, or what is in force.", no_args_is_help=True)


@app.command("example")
def example() -> None:
    """Print an example with every key, its default and what it is for."""
    from pxeserve.config.example import render

    typer.echo(render(), nl=False)


@app.command("show")
def show(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print the configuration in force: file, environment and defaults together."""
    with reporting_errors():
        found = configured(config).plain() if far.chosen() is None else ask(config, "settings.show", {})
        if json:
            print_json(found)
            return
        for section, values in found.items():
            for key, value in values.items():
                typer.echo(f"{section}.{key} = {value}")

"""`pxeserve export`: the site as `apply` reads it."""

from __future__ import annotations

import typer

from pxeserve.cli.terminal.session import ConfigOption, JsonOption, invoke

app = typer.Typer(add_completion=False)


@app.command()
def export(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print the site as `apply` reads it; passwords are left out, and kept when the file is applied here again."""
    invoke(config, json, "export", {}, lambda answer, _console: typer.echo(answer["site"], nl=False))

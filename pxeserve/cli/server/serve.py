"""`pxeserve serve`: the whole service in the foreground."""

from __future__ import annotations

import typer

from pxeserve.cli.terminal.session import ConfigOption, DataOption, configured, wrong_use

app = typer.Typer(add_completion=False)


@app.command()
def serve(config: ConfigOption = None, data: DataOption = None) -> None:
    """Run everything in the foreground until SIGTERM or Ctrl-C; SIGHUP reads the configuration again.

    Ends with 3 when a service already runs on the data folder, and with 4 when a port is taken.
    """
    from pxeserve.cli.terminal import far
    from pxeserve.supervisor import parent

    with wrong_use():
        far.only_here("a service is started")
    raise typer.Exit(parent.serve(lambda: configured(config, data)))

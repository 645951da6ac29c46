"""`pxeserve api`: what programs can ask for over HTTPS, described."""

from __future__ import annotations

import typer

from pxeserve.cli.terminal.session import ConfigOption, JsonOption, print_json

app = typer.Typer(help="The API for programs: print its document, or the page that describes it.", no_args_is_help=True)


@app.command("document")
def document(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print the OpenAPI document, as /api/v1/openapi.json gives it."""
    from pxeserve.console.api.document import document as drawn

    del config, json  # it is JSON, and the same everywhere
    print_json(drawn())


@app.command("page")
def page(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print docs/api.md."""
    from pxeserve.console.api.page import page as drawn

    del config
    if json:
        print_json({"page": drawn()})
    else:
        typer.echo(drawn(), nl=False)

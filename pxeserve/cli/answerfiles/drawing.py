"""`pxeserve answerfile elements`, `example`, `schema` and `template`: what a generation reads, for people and for their editors."""

from __future__ import annotations

from typing import Annotated

import typer

from pxeserve.cli.terminal.session import ConfigOption, JsonOption, print_json, wrong_use

Dialect = Annotated[str, typer.Option("--dialect", metavar="DIALECT", help="The installer, such as 8.2.")]


def elements(config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print tables of every element by generation, in Markdown; they are those of docs/answerfile.md."""
    from pxeserve.answerfile.catalogue.table import whole
    from pxeserve.answerfile.dialects import DIALECTS

    del config  # every command takes it; this one asks nobody
    _printed(whole(list(DIALECTS.values())), "elements", json=json)


def example(dialect: Dialect, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print an answerfile in which everything that this installer reads is explained."""
    from pxeserve.answerfile.catalogue import example as drawn
    from pxeserve.operations.answerfiles.linting import known_dialect

    del config
    with wrong_use():
        known = known_dialect(dialect)
    _printed(drawn.example(known).decode("ascii"), "example", json=json)


def schema(dialect: Dialect, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print a RELAX NG schema: an editor then completes names, and marks what this installer would ignore."""
    from pxeserve.answerfile.catalogue import schema as drawn
    from pxeserve.operations.answerfiles.linting import known_dialect

    del config
    with wrong_use():
        known = known_dialect(dialect)
    _printed(drawn.schema(known).decode(), "schema", json=json)


def template(dialect: Dialect, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Print a Jinja2 template to start from: it writes what this installer reads of an ordinary installation, in each mode."""
    from pxeserve.answerfile.catalogue import template as drawn
    from pxeserve.operations.answerfiles.linting import known_dialect

    del config
    with wrong_use():
        known = known_dialect(dialect)
    _printed(drawn.template(known).decode("ascii"), "template", json=json)


def _printed(text: str, what: str, *, json: bool) -> None:
    if json:
        print_json({what: text})
    else:
        typer.echo(text, nl=False)
